import type { Socket } from 'node:net'

/** How much was read of streams that do not count it themselves. */
const counted = new WeakMap<Socket, number>()

/**
 * Counts what is read from a stream that does not: by Node's manual, any Duplex may be given to an HTTP server as a connection.
 * Node reads such a stream by a listener of 'data' itself, so that one more changes nothing.
 */
export function countBytes(stream: Socket): void {
  if (isCounted(stream) || counted.has(stream)) return
  counted.set(stream, 0)
  stream.on('data', count)
}

/** How many bytes have been read from a socket, or else from what is spoken on it; 0 forever if neither is known. */
export function bytesRead(socket: Socket, above: Socket = socket): number {
  if (isCounted(socket)) return socket.bytesRead
  return counted.get(socket) ?? (above === socket ? 0 : bytesRead(above))
}

/** How many bytes have been read and written, as far as that is known. */
export function bytesMoved(socket: Socket, above: Socket = socket): number {
  if (isCounted(socket)) return socket.bytesRead + socket.bytesWritten
  return counted.get(socket) ?? (above === socket ? 0 : bytesMoved(above))
}

/** Whether a stream counts its own bytes, as sockets do. */
export function isCounted(stream: Socket): boolean {
  return typeof stream.bytesRead === 'number'
}

function count(this: Socket, chunk: Buffer | string): void {
  counted.set(this, (counted.get(this) ?? 0) + chunk.length)
}
