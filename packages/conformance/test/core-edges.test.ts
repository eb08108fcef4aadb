import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { type AnyServer, IdleShutdown } from '@idle-shutdown/core'
import {
  addressOf,
  CERTIFICATE,
  Http2Client,
  KEY,
  KeepAliveClient,
  listen,
  makeServer,
  openWebSocket,
  type ServerKind,
} from '@idle-shutdown/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { answerTo, PendingRequests } from '../src/pending-requests.ts'
import { PATIENCE } from '../src/test-context.ts'

const OPTIONS = { patience: PATIENCE, startupPatience: '1h' } as const

const tls = { key: KEY, cert: CERTIFICATE, handshakeTimeout: 100 }

test.each<[string, () => AnyServer]>([
  ['https', () => createHttps(tls)],
  ['h2', () => createSecureServer(tls)],
  ['h2 with HTTP/1', () => createSecureServer({ ...tls, allowHTTP1: true })],
])('TLS connection that never handshakes, %s → active no longer than handshakeTimeout, then fires', async (_, make) => {
  const server = make().on('tlsClientError', () => {})
  const idle = new IdleShutdown(server, OPTIONS)
  await listen(server)
  const accepted = once(server, 'connection')
  const before = performance.now()
  const probe = connect(addressOf(server)).on('error', () => {})
  onTestFinished(() => void probe.destroy())
  const [socket] = await accepted
  expect(idle.tracker.active).toBe(1)
  await once(socket, 'close')
  expect(performance.now() - before).toBeGreaterThanOrEqual(99)
  expect(idle.tracker.active).toBe(0)
  expect((await idle.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT' })
})

describe.each<[ServerKind, protocol: 'http/1.1' | 'h2']>([
  ['http', 'http/1.1'],
  ['https', 'http/1.1'],
  ['h2c', 'h2'],
  ['h2', 'h2'],
])('a server of kind %s', (kind, protocol) => {
  test('un-watching a busy server → its share is released, and its request is answered', async () => {
    const requests = new PendingRequests()
    const [busy, other] = [makeServer(kind, requests.handler), makeServer('http', requests.handler)]
    const idle = new IdleShutdown(other, OPTIONS)
    const undo = idle.watch(busy)
    await Promise.all([listen(busy), listen(other)])
    const secure = kind === 'https' || kind === 'h2'
    const client =
      protocol === 'h2' ? new Http2Client(addressOf(busy), secure) : new KeepAliveClient(addressOf(busy), secure)
    const { answer } = client.ask('/busy')
    const pending = await requests.next()
    expect(idle.tracker.active).toBe(1)
    undo[Symbol.dispose]()
    expect(idle.tracker.active).toBe(0)
    // The other server ends. The busy one is no longer watched.
    expect((await idle.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT' })
    expect([busy.listening, other.listening]).toEqual([true, false])
    await pending.answer()
    expect((await answer).body).toBe(answerTo('/busy'))
    expect(idle.tracker.explain()).toMatchObject({ active: 0, ignored: 0 })
    client.destroy()
    const closed = once(busy, 'close')
    busy.close()
    await closed
  })
})

test.each(['traffic', 'ignore'] as const)(
  'WebSocket that is older than the watch, upgrades %s → FIN without a frame',
  async (upgrades) => {
    const server = makeServer('http')
    const accepting = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      accepting.handleUpgrade(request, socket, head, () => {})
    })
    await listen(server)
    const client = await openWebSocket(addressOf(server))
    const closed = once(client, 'close')
    const idle = new IdleShutdown(server, { patience: '1h', upgrades })
    expect(idle.tracker.explain().uncounted).toMatchObject([{ kind: 'upgrade' }])
    const report = await idle.close()
    // ws reports 1006 for a connection that ended without a close frame.
    expect(await closed).toEqual([1006, Buffer.alloc(0)])
    expect(report).toMatchObject({ drained: 0, destroyed: 0 })
  },
)
