import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { addressOf } from './address.ts'
import type { HttpClient } from './clients/http-client.ts'
import { Http2Client } from './clients/http2-client.ts'
import { KeepAliveClient } from './clients/keep-alive-client.ts'
import { RawClient } from './clients/raw-client.ts'
import { getText } from './get-text.ts'
import { listen, makeServer, type ServerKind } from './servers.ts'

const answer = (_: IncomingMessage, response: ServerResponse): unknown => response.end('Hello')

test.for<[ServerKind, 'tcp' | 'unix', 'http' | 'h2', boolean]>([
  ['http', 'tcp', 'http', false],
  ['http', 'unix', 'http', false],
  ['https', 'tcp', 'http', true],
  ['h2c', 'tcp', 'h2', false],
  ['h2', 'unix', 'h2', true],
  ['h2 with HTTP/1', 'tcp', 'http', true],
  ['h2 with HTTP/1', 'tcp', 'h2', true],
])('a server of the kind %s, over %s, answers a client of %s, secure: %s', async ([kind, where, protocol, secure]) => {
  const server = makeServer(kind, answer)
  const remove = await listen(server, where)
  const address = addressOf(server)
  const client: HttpClient = protocol === 'h2' ? new Http2Client(address, secure) : new KeepAliveClient(address, secure)
  onTestFinished(() => {
    client.destroy()
    server.close()
    remove()
  })
  for (const path of ['/', '/again']) {
    expect(await client.ask(path).answer).toMatchObject({ status: 200, body: 'Hello' })
  }
  expect(client.connected).toBe(true)
})

test.for<[ServerKind, boolean]>([
  ['net', false],
  ['tls', true],
])('a server of the kind %s gets the bytes of a raw client, secure: %s', async ([kind, secure]) => {
  const server = makeServer(kind)
  server.on(secure ? 'secureConnection' : 'connection', (socket) => socket.pipe(socket))
  await listen(server)
  const client = await RawClient.connect(addressOf(server), { secure })
  await client.send('one two three')
  expect(await client.until('two')).toBe('one two')
  client.halfClose()
  expect(await client.ended).toEqual({ how: 'FIN' })
  expect(client.received).toBe(' three')
  server.close()
})

test('getText() returns the body of a response', async () => {
  const server = makeServer('http', answer)
  await listen(server)
  const address = addressOf(server)
  expect(await getText('port' in address ? address.port : 0)).toBe('Hello')
  server.close()
})
