import { type Server, Socket } from 'node:net'

/**
 * Gives `server` a connection that somebody else accepted, as if it had accepted it itself: with its options (half-open,
 * no delay), counted, so that its 'close' waits for it. `head` is what was read of it already.
 *
 * Node has no public way to that: `onconnection` of a listening handle is what its cluster module uses (20 to 26). Without it,
 * the connection is made a socket here.
 */
export function giveHandle(server: Server, connection: object, head?: Buffer): void {
  if (head !== undefined) {
    // Before Node's own listener, which attaches a parser.
    server.prependOnceListener('connection', (socket) => socket.unshift(head))
  }
  if (connection instanceof Socket) {
    giveSocket(server, connection)
    return
  }
  const listener: unknown = Reflect.get(server, '_handle')
  const accept: unknown = Reflect.get(Object(listener), 'onconnection')
  if (typeof accept === 'function') Reflect.apply(accept, listener, [0, connection])
  else giveSocket(server, Reflect.construct(Socket, [{ handle: connection }]))
}

/**
 * The same for a connection that is a socket already. A server counts its connections in a member of its own, which its
 * sockets count down (20 to 26).
 */
export function giveSocket(server: Server, socket: Socket): void {
  const count: unknown = Reflect.get(server, '_connections')
  if (typeof count === 'number') {
    Reflect.set(server, '_connections', count + 1)
    for (const name of ['server', '_server']) Reflect.set(socket, name, server)
  }
  socket.allowHalfOpen = Reflect.get(server, 'allowHalfOpen') === true
  server.emit('connection', socket)
  // Sockets that come over an IPC channel are paused.
  if (socket.isPaused()) socket.resume()
}
