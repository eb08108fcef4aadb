import type { IncomingMessage } from 'node:http'

/** The parts of a request's head, as Node parsed them. */
export type Head = Pick<IncomingMessage, 'method' | 'url' | 'httpVersion' | 'rawHeaders' | 'headers'>

/** All that Node trims from a header's value, and what stands around a colon. */
const BLANK = /[ \t\r]+/g

/**
 * Returns the index behind a request's head that ends in a piece of bytes, undefined if it is not found.
 *
 * Searches behind `from`, where an earlier head of the same piece ends; 0 if none does. The head of the request may then have begun in an
 * earlier piece, down to its last line feed. Finds the earlier end if two are possible.
 */
export function endOfHead(piece: string, head: Head, from: number): number | undefined {
  const text = piece.slice(from).replace(BLANK, '')
  const fields = head.rawHeaders.map((field, index) => `${field}${index % 2 === 0 ? ':' : '\n'}`)
  const rest = `HTTP/${head.httpVersion}\n${fields.join('')}\n`.replace(BLANK, '')
  const whole = `${head.method}${head.url}${rest}`.replace(BLANK, '')
  const length =
    (from === 0 ? lengthOfRest(text, whole) : undefined) ??
    lengthThrough(text, whole) ??
    // Express shortens `url` below a path on which a router is mounted.
    lengthThrough(text, rest)
  return length === undefined ? undefined : indexBehind(piece, from, length)
}

/** Reports whether a piece holds more than the rest of one message, whose head ends at `end`: the beginning of a further request. */
export function isFollowed(piece: string, end: number, head: Head): boolean {
  const { headers } = head
  const behind =
    headers['transfer-encoding'] === undefined ? end + Number(headers['content-length'] ?? 0) : endOfChunks(piece, end)
  // Node skips empty lines between two requests.
  if (/[^\r\n]/.test(piece.slice(behind))) return true
  // A line feed that ends an earlier body was taken for the end of this head.
  return behind > end && endOfHead(piece, head, end) !== undefined
}

/** Reports whether a piece that begins in the middle of a body holds text that looks like the first line of a request. */
export function holdsRequestLine(piece: string): boolean {
  return /\S HTTP\/1\.[01]\r?\n/.test(piece)
}

/** Returns how much of `text` is the end of `head`, which began in an earlier piece. */
function lengthOfRest(text: string, head: string): number | undefined {
  const blank = text.indexOf('\n\n')
  const lengths = [...(blank < 0 ? [] : [blank + 2]), 1]
  return text === '' ? undefined : lengths.find((length) => head.endsWith(text.slice(0, length)))
}

/** Returns the length of `text` up to the end of `part`. */
function lengthThrough(text: string, head: string): number | undefined {
  const index = text.indexOf(head)
  return index < 0 ? undefined : index + head.length
}

/** Returns the index behind so many characters that are not blank. */
function indexBehind(piece: string, from: number, count: number): number {
  let index = from
  for (let left = count; left > 0; index++) if (!/[ \t\r]/.test(piece.charAt(index))) left--
  return index
}

/** Returns the index behind a body in chunks that begins at `from`: the end of the piece, if the body goes on. */
function endOfChunks(piece: string, from: number): number {
  let last = false
  for (let start = from; ; ) {
    const end = piece.indexOf('\n', start)
    if (end < 0) return piece.length
    const line = piece.slice(start, end).trim()
    start = end + 1
    if (last && line === '') return start
    const size = last ? 0 : Number.parseInt(line, 16)
    if (Number.isNaN(size)) return piece.length
    if (size === 0) last = true
    else start += size + '\r\n'.length
  }
}
