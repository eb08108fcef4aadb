import type { Socket } from 'node:net'

/**
 * Stops reading within the same turn. Later bytes stay in the kernel for the process that gets the connection.
 *
 * `pause()` alone goes on reading until a buffer is full. `readStop` of the handle is private (Node 20-26). Without it,
 * bytes that are read meanwhile would be lost.
 */
export function stopReading(socket: Socket): void {
  socket.pause()
  callOn(socket, 'readStop')
}

/**
 * Undoes {@link stopReading} if the connection stays here. Without this, Node believes that it still reads, and does
 * not start. Leaves a socket alone of which nothing was read yet, because Node fails if it starts reading twice.
 */
export function readAgain(socket: Socket): void {
  const handle: unknown = Reflect.get(socket, '_handle')
  if (Reflect.get(Object(handle), 'reading') === true) callOn(socket, 'readStart')
}

/**
 * Reports whether a client whose socket is not read is known to have left.
 *
 * Its reset is not an event while nothing reads, but the kernel no longer has a peer. A client that has ended only its
 * own side may still want its answer. `getpeername` of the handle is private (Node 20-26). Without it, and for unix
 * sockets, only a destroyed socket counts as left.
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
