import { isIP, type Server, Socket } from 'node:net'

/** A connection that is delivered, beside its handle. */
export interface Delivery {
  /** The bytes that the supervisor has read of it. */
  readonly head?: Buffer | undefined
  /**
   * A process served it before. Without an end of that process it would be one of the server's connections already, so it is
   * served by a full server too.
   */
  readonly kept?: boolean | undefined
}

/**
 * Gives `server` a connection that somebody else accepted, as if it had accepted it itself: with its options (half-open,
 * no delay), counted, so that its 'close' waits for it. Returns the socket, or nothing when the server drops the connection.
 *
 * Node has no public way to that: `onconnection` of a listening handle is what its cluster module uses (20 to 26). Without it,
 * the connection is made a socket here.
 */
export function giveHandle(server: Server, connection: object, delivery: Delivery = {}): Socket | undefined {
  if (connection instanceof Socket) return giveSocket(server, connection, delivery)
  const listener: unknown = Reflect.get(server, '_handle')
  const accept: unknown = Reflect.get(Object(listener), 'onconnection')
  if (typeof accept !== 'function') {
    return giveSocket(server, Reflect.construct(Socket, [{ handle: connection }]), delivery)
  }
  const restoreLimit = delivery.kept && isFull(server) ? liftLimit(server) : () => {}
  let given: Socket | undefined
  // Node emits within the call, and nothing of this connection when it drops it: nothing stays for the next one (20 to 26).
  const take = (socket: Socket): void => {
    if (Reflect.get(socket, '_handle') !== connection) return
    restoreLimit()
    given = socket
    if (delivery.head !== undefined) socket.unshift(delivery.head)
  }
  // Before Node's own listener, which attaches a parser.
  server.prependListener('connection', take)
  try {
    Reflect.apply(accept, listener, [0, connection])
  } finally {
    server.off('connection', take)
    restoreLimit()
  }
  return given
}

/**
 * The same for a connection that is a socket already. A server counts its connections in a member of its own, which its
 * sockets count down (20 to 26).
 */
export function giveSocket(server: Server, socket: Socket, { head, kept }: Delivery = {}): Socket | undefined {
  if ((!kept && isFull(server)) || isBlocked(server, socket)) {
    drop(server, socket)
    return undefined
  }
  const count: unknown = Reflect.get(server, '_connections')
  if (typeof count === 'number') {
    Reflect.set(server, '_connections', count + 1)
    for (const name of ['server', '_server']) Reflect.set(socket, name, server)
  }
  socket.allowHalfOpen = Reflect.get(server, 'allowHalfOpen') === true
  if (head !== undefined) socket.unshift(head)
  server.emit('connection', socket)
  // Sockets that come over an IPC channel are paused.
  if (socket.isPaused()) socket.resume()
  return socket
}

/** Lets one more connection in than `maxConnections` allows. Returns the undo, which may be called more than once. */
function liftLimit(server: Server): () => void {
  const { maxConnections } = server
  server.maxConnections = Number.POSITIVE_INFINITY
  return () => {
    if (server.maxConnections === Number.POSITIVE_INFINITY) server.maxConnections = maxConnections
  }
}

/** Reports whether Node would drop a new connection. A limit of 0 is none (20), or lets nothing in (22 to 26). */
export function isFull(server: Server): boolean {
  const { maxConnections: limit } = server
  if (typeof limit !== 'number' || (limit === 0 && Number.parseInt(process.versions.node, 10) < 22)) return false
  return Number(Reflect.get(server, '_connections')) >= limit
}

/** Whether the server refuses connections from this address (`blockList`, Node 22 to 26). */
function isBlocked(server: Server, { remoteAddress = '' }: Socket): boolean {
  const list: unknown = Reflect.get(server, 'blockList')
  const check: unknown = Reflect.get(Object(list), 'check')
  const version = isIP(remoteAddress)
  return typeof check === 'function' && version !== 0 && Reflect.apply(check, list, [remoteAddress, `ipv${version}`])
}

/** As Node drops a connection. What was written to it is still sent. */
function drop(server: Server, socket: Socket): void {
  const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = socket
  const addresses = { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily }
  if (remoteAddress === undefined) server.emit('drop')
  else server.emit('drop', addresses)
  socket.on('error', () => {})
  socket.destroySoon()
}
