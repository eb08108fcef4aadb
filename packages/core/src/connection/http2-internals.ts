import type { Http2Session, ServerHttp2Stream } from 'node:http2'

// Private members of Node. Each comment says what the member is for, and what happens if Node does not have it.

/**
 * Returns the number of open streams of a session, including pushed streams, which no event shows (Node 20-26). Returns
 * 0 without the private member.
 */
export function openStreams(session: Http2Session): number {
  // Not `instanceof Map`: Node's own Maps have no prototype.
  const { size } = Object(Object(privately(session, 'state')).streams)
  return typeof size === 'number' ? size : 0
}

/**
 * Returns the number of DATA bytes that a stream has read and written (Node 20-26). Returns 0 without the private
 * member, so that traffic on the stream is not seen.
 */
export function bytesOn(stream: ServerHttp2Stream): number {
  const { bytesRead, bytesWritten } = Object(privately(stream, 'kHandle'))
  return typeof bytesRead === 'number' && typeof bytesWritten === 'number' ? bytesRead + bytesWritten : 0
}

function privately(object: object, name: string): unknown {
  const key = Object.getOwnPropertySymbols(object).find(({ description }) => description === name)
  return key === undefined ? undefined : Reflect.get(object, key)
}
