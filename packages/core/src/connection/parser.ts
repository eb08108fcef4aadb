import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Returns the piece of bytes of this socket that Node is parsing right now, one character per byte.
 * Returns an empty text between two pieces, and undefined if the runtime does not show it.
 *
 * Calls a private method, which Node itself calls for `rawPacket` of 'clientError' (Node 20-26).
 */
export function pieceBeingParsed(socket: Socket): string | undefined {
  const parser: unknown = Reflect.get(socket, 'parser')
  if (typeof parser !== 'object' || parser === null) return ''
  const piece: unknown = Object(parser).getCurrentBuffer?.()
  return Buffer.isBuffer(piece) ? piece.toString('latin1') : undefined
}

/** The request of which Node is reading the body, answered or not, where Node shows it (20 to 26). */
export function requestBeingRead(socket: Socket): IncomingMessage | undefined {
  const request: unknown = Object(Reflect.get(socket, 'parser')).incoming
  return request instanceof IncomingMessage && !request.complete ? request : undefined
}
