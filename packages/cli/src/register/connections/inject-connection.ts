import { isIP, type Server, Socket } from 'node:net'

/** The details of a delivered connection. */
export interface InjectionOptions {
  /** The bytes that the supervisor has read of it. */
  readonly head?: Buffer | undefined
  /**
   * Set if a process has served the connection before. If that process had not ended, the connection would still be
   * open, so a full server serves it, too.
   */
  readonly returned?: boolean | undefined
}

/**
 * Hands `server` a connection that another process accepted, as if it had accepted the connection itself. Applies the
 * server's options (half-open, no delay) and counts the connection, so that 'close' waits for it. Returns the socket,
 * or `undefined` if the server drops it.
 *
 * Node has no public API for this. Its cluster module uses `onconnection` of a listening handle (Node 20-26). Without
 * that, a socket is made of the connection here.
 */
export function injectHandle(server: Server, connection: object, delivery: InjectionOptions = {}): Socket | undefined {
  if (connection instanceof Socket) return injectSocket(server, connection, delivery)
  const listener: unknown = Reflect.get(server, '_handle')
  const accept: unknown = Reflect.get(Object(listener), 'onconnection')
  if (typeof accept !== 'function') {
    return injectSocket(server, Reflect.construct(Socket, [{ handle: connection }]), delivery)
  }
  const restoreLimit = delivery.returned && isFull(server) ? liftLimit(server) : () => {}
  let given: Socket | undefined
  // Node emits within the call, and nothing of this connection if it drops it. So the listener is removed right after
  // (Node 20-26).
  const take = (socket: Socket): void => {
    if (Reflect.get(socket, '_handle') !== connection) return
    restoreLimit()
    given = socket
    if (delivery.head !== undefined) socket.unshift(delivery.head)
  }
  // Added before Node's own listener, which attaches a parser.
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
 * Hands `server` a connection that is already a socket. A server counts its connections in a private member, which its
 * sockets count down (Node 20-26).
 */
export function injectSocket(
  server: Server,
  socket: Socket,
  { head, returned }: InjectionOptions = {},
): Socket | undefined {
  if ((!returned && isFull(server)) || isBlocked(server, socket)) {
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
  // Sockets that arrive over an IPC channel are paused.
  if (socket.isPaused()) socket.resume()
  return socket
}

/**
 * Lets in one connection more than `maxConnections` allows. Returns a function that undoes this and may be called more
 * than once.
 */
function liftLimit(server: Server): () => void {
  const { maxConnections } = server
  server.maxConnections = Number.POSITIVE_INFINITY
  return () => {
    if (server.maxConnections === Number.POSITIVE_INFINITY) server.maxConnections = maxConnections
  }
}

/**
 * Reports whether Node would drop a new connection. A limit of 0 means no limit (Node 20), or no connections (Node
 * 22-26).
 */
export function isFull(server: Server): boolean {
  const { maxConnections: limit } = server
  if (typeof limit !== 'number' || (limit === 0 && Number.parseInt(process.versions.node, 10) < 22)) return false
  return Number(Reflect.get(server, '_connections')) >= limit
}

/** Reports whether the server refuses connections from this address (`blockList`, Node 22-26). */
function isBlocked(server: Server, { remoteAddress = '' }: Socket): boolean {
  const list: unknown = Reflect.get(server, 'blockList')
  const check: unknown = Reflect.get(Object(list), 'check')
  const version = isIP(remoteAddress)
  return typeof check === 'function' && version !== 0 && Reflect.apply(check, list, [remoteAddress, `ipv${version}`])
}

/** Drops a connection as Node does. Data that was written to it is still sent. */
function drop(server: Server, socket: Socket): void {
  const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = socket
  const addresses = { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily }
  if (remoteAddress === undefined) server.emit('drop')
  else server.emit('drop', addresses)
  socket.on('error', () => {})
  socket.destroySoon()
}
