/** The preface of a client's HTTP/2 connection (RFC 9113, section 3.4). SETTINGS follow it. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** HPACK for `:method: GET`, `:scheme: http`, `:path: /`, and `:authority: localhost` as a literal. */
export const GET = '\x82\x86\x84\x41\x09localhost'

/**
 * Returns one HTTP/2 frame as a text in which each character is one byte (RFC 9113, section 4.1; section 6 for the
 * types).
 */
export function frame(type: number, flags: number, stream: number, payload: string): string {
  const { length } = payload
  const head = [length >> 16, length >> 8, length, type, flags, stream >> 24, stream >> 16, stream >> 8, stream]
  return String.fromCharCode(...head.map((byte) => byte & 255)) + payload
}

/**
 * The first bytes of a client that requests `/` at once on stream 1. An empty SETTINGS frame precedes HEADERS, which
 * end both headers and stream.
 */
export const FIRST_REQUEST: string = PREFACE + frame(4, 0, 0, '') + frame(1, 5, 1, GET)
