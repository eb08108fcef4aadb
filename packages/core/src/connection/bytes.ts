import type { Socket } from 'node:net'

/** The number of bytes read from each stream that does not count them itself. */
const counted = new WeakMap<Socket, number>()

/**
 * Counts the bytes that are read from a stream without `bytesRead`. Node's manual allows any Duplex as a connection of
 * an HTTP server.
 *
 * Node itself reads such a stream with a listener of 'data', so that a second listener changes nothing.
 */
export function countBytes(stream: Socket): void {
  if (isCounted(stream) || counted.has(stream)) return
  counted.set(stream, 0)
  stream.on('data', count)
}

/**
 * Returns the number of bytes read from a socket, or else from the stream above it. Returns 0 if neither counts them.
 */
export function bytesRead(socket: Socket, above: Socket = socket): number {
  if (isCounted(socket)) return socket.bytesRead
  return counted.get(socket) ?? (above === socket ? 0 : bytesRead(above))
}

/** Returns the number of bytes read and written, as far as they are known. */
export function bytesMoved(socket: Socket, above: Socket = socket): number {
  if (isCounted(socket)) return socket.bytesRead + socket.bytesWritten
  return counted.get(socket) ?? (above === socket ? 0 : bytesMoved(above))
}

/** Reports whether a stream counts its own bytes, as sockets do. */
export function isCounted(stream: Socket): boolean {
  return typeof stream.bytesRead === 'number'
}

/** Counts the bytes of one chunk. A listener of 'data'. */
export function count(this: Socket, chunk: Buffer | string): void {
  counted.set(this, (counted.get(this) ?? 0) + chunk.length)
}
