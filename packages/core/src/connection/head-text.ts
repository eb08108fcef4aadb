import type { IncomingMessage } from 'node:http'

/** The parts of a request's head, as Node parsed them. */
export type Head = Pick<IncomingMessage, 'method' | 'url' | 'httpVersion' | 'rawHeaders' | 'headers'>

/** Matches all characters that Node trims from the value of a header, or that may stand around the colon. */
const BLANK = /[ \t\r]+/g

/**
 * Returns the index after the end of a request's head in a chunk, or undefined if the end is not found.
 *
 * Searches from `from`, where an earlier head in the same chunk ends; 0 if none does. With 0, the head of the request
 * may have begun in an earlier chunk. Then this chunk may hold as little of the head as its last line feed. Returns the
 * earlier end if two are possible.
 */
export function endOfHead(chunk: string, head: Head, from: number): number | undefined {
  const text = chunk.slice(from).replace(BLANK, '')
  const fields = head.rawHeaders.map((field, index) => `${field}${index % 2 === 0 ? ':' : '\n'}`)
  const rest = `HTTP/${head.httpVersion}\n${fields.join('')}\n`.replace(BLANK, '')
  const whole = `${head.method}${head.url}${rest}`.replace(BLANK, '')
  const length =
    (from === 0 ? lengthOfRest(text, whole) : undefined) ??
    lengthThrough(text, whole) ??
    // Express shortens `url` in a router that is mounted on a path.
    lengthThrough(text, rest)
  return length === undefined ? undefined : indexBehind(chunk, from, length)
}

/** Reports whether a further request begins in a chunk, after the message whose head ends at `end`. */
export function isFollowed(chunk: string, end: number, head: Head): boolean {
  const { headers } = head
  const behind =
    headers['transfer-encoding'] === undefined
      ? end + Number(headers['content-length'] ?? 0)
      : endOfChunkedBody(chunk, end)
  // Node skips empty lines between two requests.
  if (/[^\r\n]/.test(chunk.slice(behind))) return true
  // The line feed that was taken for the end of this head may be the end of an earlier body.
  return behind > end && endOfHead(chunk, head, end) !== undefined
}

/** Reports whether a chunk that begins in the middle of a body holds text that looks like a request line. */
export function holdsRequestLine(chunk: string): boolean {
  return /\S HTTP\/1\.[01]\r?\n/.test(chunk)
}

/** Returns how many characters of `text` are the end of `head`, whose start is in an earlier chunk. */
function lengthOfRest(text: string, head: string): number | undefined {
  const blank = text.indexOf('\n\n')
  const lengths = [...(blank < 0 ? [] : [blank + 2]), 1]
  return text === '' ? undefined : lengths.find((length) => head.endsWith(text.slice(0, length)))
}

/** Returns the length of `text` up to the end of `head` in it. */
function lengthThrough(text: string, head: string): number | undefined {
  const index = text.indexOf(head)
  return index < 0 ? undefined : index + head.length
}

/** Returns the index after `count` characters that are not blank. */
function indexBehind(chunk: string, from: number, count: number): number {
  let index = from
  for (let left = count; left > 0; index++) if (!/[ \t\r]/.test(chunk.charAt(index))) left--
  return index
}

/**
 * Returns the index after a chunked body that begins at `from`. Returns the length of `chunk` if the body is not
 * complete.
 */
function endOfChunkedBody(chunk: string, from: number): number {
  let last = false
  for (let start = from; ; ) {
    const end = chunk.indexOf('\n', start)
    if (end < 0) return chunk.length
    const line = chunk.slice(start, end).trim()
    start = end + 1
    if (last && line === '') return start
    const size = last ? 0 : Number.parseInt(line, 16)
    if (Number.isNaN(size)) return chunk.length
    if (size === 0) last = true
    else start += size + '\r\n'.length
  }
}
