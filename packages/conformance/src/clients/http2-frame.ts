/** What a client's HTTP/2 connection begins with (RFC 9113, section 3.4), before its SETTINGS. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** HPACK: `:method: GET`, `:scheme: http`, `:path: /`, and `:authority: localhost` as a literal. */
export const GET = '\x82\x86\x84\x41\x09localhost'

/** One HTTP/2 frame as text of which each character is a byte (RFC 9113, section 4.1; section 6 for the types). */
export function frame(type: number, flags: number, stream: number, payload: string): string {
  const { length } = payload
  const head = [length >> 16, length >> 8, length, type, flags, stream >> 24, stream >> 16, stream >> 8, stream]
  return String.fromCharCode(...head.map((byte) => byte & 255)) + payload
}
