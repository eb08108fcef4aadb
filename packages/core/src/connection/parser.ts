import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** The end of a request's head. */
const END = '\r\n\r\n'

/**
 * Whether Node is parsing a piece of bytes of this socket right now that holds something behind the end of a head: a body, or
 * further requests. Where Node does not show the piece, it may.
 *
 * A private method, which Node itself calls for `rawPacket` of 'clientError'; the same on 20 to 26.
 */
export function hasMoreToParse(socket: Socket): boolean {
  const parser: unknown = Reflect.get(socket, 'parser')
  if (typeof parser !== 'object' || parser === null) return false
  const piece: unknown = Object(parser).getCurrentBuffer?.()
  if (!Buffer.isBuffer(piece)) return true
  const end = piece.indexOf(END)
  return piece.length > 0 && (end < 0 || end + END.length < piece.length)
}

/** The request of which Node is reading the body, answered or not, where Node shows it (20 to 26). */
export function requestBeingRead(socket: Socket): IncomingMessage | undefined {
  const request: unknown = Object(Reflect.get(socket, 'parser')).incoming
  return request instanceof IncomingMessage && !request.complete ? request : undefined
}
