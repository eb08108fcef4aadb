import type { Socket } from 'node:net'

/**
 * Stops reading in this very turn: what comes from now on stays in the kernel, for whoever gets the connection.
 *
 * `pause()` alone goes on reading until a buffer is full. `readStop` of the handle is private (Node 20 to 26); without it, what
 * is read meanwhile would be lost.
 */
export function stopReading(socket: Socket): void {
  socket.pause()
  callOn(socket, 'readStop')
}

/**
 * Undoes {@link stopReading} where the connection stays here: Node believes that it still reads, and would not start. A socket of
 * which nothing was read yet is left to Node, which fails when it is to start what has started.
 */
export function readAgain(socket: Socket): void {
  const handle: unknown = Reflect.get(socket, '_handle')
  if (Reflect.get(Object(handle), 'reading') === true) callOn(socket, 'readStart')
}

/**
 * Reports whether a client that is not read is known to have left. Its reset is no event as long as nothing reads, but the kernel
 * has no peer any more. A client that has only ended its side may still want its answer. `getpeername` of the handle is private
 * (Node 20 to 26); without it, and for unix sockets, only a socket that is destroyed here has left.
 */
export function isReset(socket: Socket): boolean {
  const handle: unknown = Reflect.get(socket, '_handle')
  const method: unknown = Reflect.get(Object(handle), 'getpeername')
  const failed: unknown = typeof method === 'function' ? Reflect.apply(method, handle, [{}]) : 0
  return socket.destroyed || (typeof failed === 'number' && failed !== 0)
}

function callOn(socket: Socket, name: 'readStart' | 'readStop'): void {
  const handle: unknown = Reflect.get(socket, '_handle')
  const method: unknown = Reflect.get(Object(handle), name)
  if (typeof method === 'function') Reflect.apply(method, handle, [])
}
