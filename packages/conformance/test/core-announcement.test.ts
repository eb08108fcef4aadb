import { once } from 'node:events'
import { Agent, createServer, get, request, type ServerResponse } from 'node:http'
import { IdleShutdown } from '@idle-shutdown/core'
import { addressOf, listen, RawClient } from '@idle-shutdown/testing'
import { expect, onTestFinished, test } from 'vitest'

test('clients with an agent that ask again at the end of an answer whose headers keep the connection → take another connection', async () => {
  const responses: ServerResponse[] = []
  const waiting = new Set<() => void>()
  const server = createServer((_, response) => {
    responses.push(response)
    for (const resolve of waiting) resolve()
  })
  await listen(server)
  const idle = new IdleShutdown(server, { patience: '1h' })
  const address = addressOf(server)
  const clients = Array.from({ length: 20 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const [answer] = await once(get({ ...address, agent }), 'response')
    const { headers } = answer
    answer.resume()
    await once(answer, 'end')
    const again = request({ ...address, agent }).end()
    const reused = await new Promise<boolean>((resolve) => {
      for (const event of ['error', 'response']) again.once(event, () => resolve(again.reusedSocket))
    })
    again.destroy()
    return { connection: headers.connection, reused }
  })
  while (responses.length < clients.length) await new Promise<void>((resolve) => waiting.add(resolve))
  const closed = idle.close()
  for (const response of responses.splice(0)) response.writeHead(200, { Connection: 'keep-alive' }).end('answer')
  for (const client of clients) expect(await client).toEqual({ connection: 'close', reused: false })
  expect(await closed).toMatchObject({ destroyed: 0 })
})

test.each([
  [
    'pairs',
    [
      ['connection', 'keep-alive'],
      ['Keep-Alive', 'timeout=5'],
      ['Connection', 'X-Hop'],
      ['X-A', '1'],
    ],
  ],
  ['a list', ['connection', 'keep-alive', 'Keep-Alive', 'timeout=5', 'Connection', 'X-Hop', 'X-A', '1']],
  ['an object', { connection: ['keep-alive', 'X-Hop'], 'KEEP-ALIVE': 'timeout=5', 'X-A': '1' }],
])('writeHead() with %s → one Connection, with its other options, and all other headers', async (_, headers) => {
  const server = createServer((_, response) => {
    void idle.close()
    Reflect.apply(response.writeHead, response, [200, headers])
    response.end()
  })
  await listen(server)
  const idle = new IdleShutdown(server, { patience: '1h' })
  const [answer] = await once(get(addressOf(server)), 'response')
  expect(answer.rawHeaders).toEqual(expect.arrayContaining(['Connection', 'close, X-Hop', 'X-A', '1']))
  expect(answer.rawHeaders.join()).not.toMatch(/keep-alive/i)
  await idle.closed
})

test('writeHead() with a list that Node refuses → its error, and then another answer', async () => {
  const server = createServer((_, response) => {
    void idle.close()
    expect(() => response.writeHead(200, ['Connection'])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    )
    response.writeHead(500, { Connection: 'keep-alive' }).end()
  })
  await listen(server)
  const idle = new IdleShutdown(server, { patience: '1h' })
  const [answer] = await once(get(addressOf(server)), 'response')
  expect(answer).toMatchObject({ statusCode: 500, headers: { connection: 'close' } })
  await idle.closed
})

test('proxy that copies the headers of its upstream → Connection: close, without Keep-Alive', async () => {
  const upstream = createServer()
  await listen(upstream)
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => {
    agent.destroy()
    upstream.close()
  })
  const proxy = createServer((_, response) => {
    get({ ...addressOf(upstream), agent }, (answer) => {
      for (const [name, value = ''] of Object.entries(answer.headers)) response.setHeader(name, value)
      answer.pipe(response)
    })
  })
  await listen(proxy)
  const idle = new IdleShutdown(proxy, { patience: '1h' })
  const answer = once(get(addressOf(proxy)), 'response')
  const [, response] = await once(upstream, 'request')
  const closed = idle.close()
  response.end('from upstream')
  const [{ headers }] = await answer
  expect(headers).toMatchObject({ connection: 'close' })
  expect(headers).not.toHaveProperty('keep-alive')
  expect(await closed).toMatchObject({ drained: 1, destroyed: 0 })
})

test.each([
  ['400 without a Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['400 for what is not a request', 'nonsense\r\n\r\n'],
  [
    '413 for extensions of chunks that are too long',
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}`,
  ],
  ['417 for an expectation that the server does not meet', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: the-best\r\n\r\n'],
  ['431 for a head that is too long', `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'x'.repeat(20_000)}\r\n\r\n`],
  ['503 for more requests than maxRequestsPerSocket', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
])('answer of Node itself in a drain, %s → Connection: close', async (name, text) => {
  const server = createServer((message, response) => message.on('end', () => response.end('fine')).resume())
  server.maxRequestsPerSocket = 1
  await listen(server)
  const idle = new IdleShutdown(server, { patience: '1h' })
  const client = await RawClient.connect(addressOf(server))
  onTestFinished(() => client.destroy())
  if (name.startsWith('503')) {
    await client.get('/')
    await client.until('fine')
  }
  const closed = idle.close()
  await client.send(text)
  expect(await client.until('\r\n\r\n')).toMatch(
    new RegExp(`^(0\r\n\r\n)?HTTP/1.1 ${name.slice(0, 3)} .*^Connection: close\r$`, 'ms'),
  )
  await closed
})
