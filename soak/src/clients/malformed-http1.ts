import type { Random } from './random.ts'

const VALID = [
  'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello',
  'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  'PUT /a?b=c HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc',
  'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
] as const

const WRONG = [
  'GET / HTTP/1.1\r\n\r\n',
  'GET / HTTP/3.7\r\nHost: localhost\r\n\r\n',
  'GET /\r\n\r\n',
  'G\0T / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /%zz/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: the unexpected\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: nothing\r\n\r\n',
  'GET / HTTP/1.1\nHost: localhost\n\n',
  'GET / HTTP/1.1\r\nHost: localhost\r\n folded: yes\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\nhello',
  'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
  'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello',
  'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03',
] as const

/** Returns one HTTP/1.1 message that most likely has an error. */
export function malformedHttp1(random: Random): string {
  const kind = random.next()
  if (kind < 0.1) return random.bytes(random.between(1, 200))
  if (kind < 0.25) return random.pick(WRONG)
  if (kind < 0.28)
    return `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(random.between(8_000, 20_000))}\r\n\r\n`
  let message: string = random.pick(VALID)
  for (let times = random.between(1, 3); times > 0; times--) message = mutated(message, random)
  return message
}

function mutated(message: string, random: Random): string {
  const at = random.between(0, message.length)
  const length = random.between(1, 8)
  const [before, after] = [message.slice(0, at), message.slice(at)]
  switch (random.between(0, 4)) {
    case 0:
      return before + random.bytes(1) + after.slice(1)
    case 1:
      return before + after.slice(length)
    case 2:
      return before + random.bytes(length) + after
    case 3:
      return before + after.slice(0, length) + after
    default:
      return before
  }
}
