import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rejectClient } from './reject.ts'

const sentence = 'It failed: <script>alert("1")</script> & \r\n\r\nX-Odd: \u001b[2J'
let server: Server
let address: AddressInfo

beforeAll(async () => {
  server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
    rejectClient(socket, { status: 502, sentence }),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  address = bound
})
afterAll(() => server.close())

test('a page has its reason as text, without HTML and without a second head', async () => {
  const socket = connect(address.port, '127.0.0.1')
  socket.write('GET /?<b> HTTP/1.1\r\nHost: a\r\n\r\n')
  const answer = await text(socket)
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s)
  expect(head).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/)
  expect(head.split('\r\n').map((line) => line.split(':')[0])).not.toContain('X-Odd')
  expect(Number(/^Content-Length: (\d+)$/m.exec(head)?.[1])).toBe(Buffer.byteLength(body))
  expect(body).toContain('&#60;script&#62;alert("1")&#60;/script&#62; &#38; ')
  expect(body).not.toMatch(/<script|<b>/)
})
