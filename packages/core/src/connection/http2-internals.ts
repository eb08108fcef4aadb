import type { Http2Session, ServerHttp2Stream } from 'node:http2'

// Private members of Node: what each is read for, and what happens without it.

/** How many streams a session has open, pushed ones included, which no event shows (20 to 26; without it, none). */
export function openStreams(session: Http2Session): number {
  // Not instanceof Map: Node's own Maps have no prototype.
  const { size } = Object(Object(privately(session, 'state')).streams)
  return typeof size === 'number' ? size : 0
}

/** How many bytes of DATA a stream has read and written (20 to 26; without it, 0 forever: no traffic on it is seen). */
export function bytesOn(stream: ServerHttp2Stream): number {
  const { bytesRead, bytesWritten } = Object(privately(stream, 'kHandle'))
  return typeof bytesRead === 'number' && typeof bytesWritten === 'number' ? bytesRead + bytesWritten : 0
}

function privately(object: object, name: string): unknown {
  const key = Object.getOwnPropertySymbols(object).find(({ description }) => description === name)
  return key === undefined ? undefined : Reflect.get(object, key)
}
