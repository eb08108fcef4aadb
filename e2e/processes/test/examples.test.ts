import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CERTIFICATE,
  endedByItself,
  Http2Client,
  KEY,
  KeepAliveClient,
  openWebSocket,
  Program,
} from '@idle-shutdown/testing'
import { afterAll, describe, expect, test } from 'vitest'

const files = mkdtempSync(join(tmpdir(), 'idle-shutdown-'))
writeFileSync(join(files, 'key.pem'), KEY)
writeFileSync(join(files, 'cert.pem'), CERTIFICATE)
afterAll(() => rmSync(files, { recursive: true, force: true }))

/** A patience in seconds, within which a client connects even on a busy machine. */
const UNHURRIED = 1

function start(name: string, patience = 0.3): Program {
  const file = join(import.meta.dirname, '../../../examples', name)
  return new Program([file], {
    env: { PATIENCE: `${patience}`, KEY: join(files, 'key.pem'), CERT: join(files, 'cert.pem') },
  })
}

async function addressOf(program: Program): Promise<{ host: string; port: number; secure: boolean }> {
  const { protocol, port } = new URL((await program.printed(/https?:\/\/\S+/))[0])
  return { host: '127.0.0.1', port: Number(port), secure: protocol === 'https:' }
}

describe.each([
  ['node-http.js', 'http/1.1'],
  ['node-https.js', 'http/1.1'],
  ['node-http2.js', 'http/1.1 and h2'],
  ['two-servers.js', 'http/1.1'],
  ['signals.js', 'http/1.1'],
  ['websocket.js', 'http/1.1'],
  ['express-https.js', 'http/1.1'],
  ['fastify-http2.js', 'http/1.1 and h2'],
  ['koa-http2.js', 'http/1.1 and h2'],
])('%s', (name, protocols) => {
  test.concurrent('ends by itself with 0 without a request', async () => {
    expect(await start(name).ended).toMatchObject(endedByItself)
  })

  test.concurrent('answers, and ends by itself with 0 although the client keeps its connection', async () => {
    const program = start(name, UNHURRIED)
    const { secure, ...address } = await addressOf(program)
    const clients = [
      new KeepAliveClient(address, secure),
      ...(protocols.includes('h2') ? [new Http2Client(address, secure)] : []),
    ]
    for (const client of clients) expect(await client.ask('/').answer).toMatchObject({ status: 200, body: 'Hello\n' })
    expect(await program.ended).toMatchObject(endedByItself)
    for (const client of clients) client.destroy()
  })
})

test('signals.js: SIGTERM answers what is in progress, and the process ends with 0', async () => {
  const program = start('signals.js', 900)
  const { secure, ...address } = await addressOf(program)
  const client = new KeepAliveClient(address, secure)
  const slow = client.ask('/slow')
  await program.printed(/\/slow/)
  program.kill('SIGTERM')
  expect(await slow.answer).toMatchObject({ status: 200, body: 'Hello, at last\n' })
  expect(await program.ended).toMatchObject(endedByItself)
  client.destroy()
})

test('websocket.js: stays up while a WebSocket is open, and then ends', async () => {
  const program = start('websocket.js', UNHURRIED)
  const { secure: _, ...address } = await addressOf(program)
  const socket = await openWebSocket(address)
  // Runs longer than the patience, and waits for echoes instead of sleeping.
  const until = performance.now() + 1500
  while (performance.now() < until) {
    socket.send('ping')
    await new Promise((resolve) => socket.once('message', resolve))
  }
  socket.close()
  expect(await program.ended).toMatchObject(endedByItself)
})

test('job.js: ends when the job is done', async () => {
  const program = start('job.js', UNHURRIED)
  const { secure, ...address } = await addressOf(program)
  const client = new KeepAliveClient(address, secure)
  expect(await client.ask('/').answer).toMatchObject({ status: 202, body: 'Accepted\n' })
  expect(await program.ended).toMatchObject({ ...endedByItself, stdout: expect.stringContaining('job done') })
  client.destroy()
})
