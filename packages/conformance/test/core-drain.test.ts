import { once } from 'node:events'
import { createServer } from 'node:http'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  createServer as createH2c,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { IdleShutdown } from '@idle-shutdown/core'
import { internals } from '@idle-shutdown/core/adapter'
import { addressOf, Http2Client, listen, ManualClock, openWebSocket, RawClient, turns } from '@idle-shutdown/testing'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { answerTo, PendingRequests } from '../src/pending-requests.ts'

test('requests pipelined before the server is watched, and one behind them → all answered, the last with Connection: close', async () => {
  const requests = new PendingRequests()
  const server = createServer(requests.handler)
  await listen(server)
  const client = await RawClient.connect(addressOf(server))
  onTestFinished(() => client.destroy())
  await client.get('/a', '/b')
  const early = [await requests.next(), await requests.next()]
  const idle = new IdleShutdown(server, { patience: '1h' })
  await client.get('/c')
  const all = [...early, await requests.next()]
  const closed = idle.close()
  await turns()
  for (const pending of all) {
    await pending.answer()
    await turns()
  }
  expect(await client.ended).toEqual({ how: 'FIN' })
  const heads = client.received.split(/(?=HTTP\/1\.1 )/)
  expect(heads.map((head) => head.split('\r\n\r\n')[1])).toEqual(['/a', '/b', '/c'].map(answerTo))
  expect(heads.map((head) => /^connection: close\r$/im.test(head))).toEqual([false, false, true])
  expect(await closed).toMatchObject({ drained: 3, destroyed: 0 })
})

test('a Duplex whose client sends on after its last answer → read on until the client is silent for a second', async () => {
  const requests = new PendingRequests()
  const clock = new ManualClock()
  const server = createServer(requests.handler)
  const idle = new IdleShutdown(server, { patience: '1h', clock })
  const client: Duplex = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      accepted.push(chunk)
      done()
    },
  }).resume()
  const accepted: Duplex = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      client.push(chunk)
      done()
    },
  })
  server.emit('connection', accepted)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const pending = await requests.next()
  const closed = idle.close()
  await turns()
  await pending.answer()
  await turns()
  for (let second = 0; second < 3; second++) {
    client.write('more')
    clock.step(1000)
    await turns()
    expect(accepted.destroyed).toBe(false)
  }
  clock.step(1000)
  await turns()
  expect(accepted.destroyed).toBe(true)
  expect(await closed).toMatchObject({ drained: 1, destroyed: 0 })
})

/** Opens the stream of a tunnel. */
function openTunnel(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = session.request({ ':method': 'CONNECT', ':authority': 'localhost' }, { endStream: false })
  stream.on('error', () => {})
  return stream.resume()
}

test("a tunnel over HTTP/2, upgrades 'traffic', marked as ignored → its bytes renew nothing", async () => {
  const clock = new ManualClock()
  const server = createH2c(() => {})
  const connected = once(server, 'connect')
  const idle = new IdleShutdown(server, { patience: 1000, upgrades: 'traffic', clock })
  await listen(server)
  const client = await Http2Client.connect(addressOf(server))
  onTestFinished(() => client.destroy())
  const tunnel = openTunnel(client.session)
  const [request, { stream }] = await connected
  stream.respond({ ':status': 200 })
  idle.ignoreRequest(request)
  const received = once(stream, 'data')
  tunnel.write('bytes')
  await received
  clock.step(1000)
  await turns()
  expect(idle.signal.aborted).toBe(true)
  expect(await idle.closed).toMatchObject({ destroyed: 0 })
})

test('two watches of one server, one of a preloaded program → a WebSocket that counts is closed once, with 1001', async () => {
  const clock = new ManualClock()
  const server = createServer()
  const accepting = new WebSocketServer({ server })
  const preloading = new IdleShutdown(server, { patience: '1h', clock })
  internals(preloading).endUpgrades()
  const own = new IdleShutdown(server, { patience: '1h', upgrades: 'ignore', clock })
  await listen(server)
  onTestFinished(() => accepting.close())
  const client = await openWebSocket(addressOf(server), false)
  const code = new Promise((resolve) => client.once('close', resolve))
  const errors: unknown[] = []
  client.on('error', (error) => errors.push(error))
  const closed = [preloading.close(), own.close()]
  expect(await code).toBe(1001)
  expect(errors).toEqual([])
  for (const report of closed) expect(await report).toMatchObject({ drained: 0, destroyed: 0 })
})

// A server that has closed refuses the streams of later sessions (Node 24-26).
test.runIf(Number.parseInt(process.versions.node, 10) < 24)(
  'a tunnel over HTTP/2 that opens while the connections of a preloaded program end → answered, then ended',
  async () => {
    const server = createH2c(() => {}).on(
      'connect',
      (_request: Http2ServerRequest, { stream }: Http2ServerResponse) => {
        stream.on('error', () => {})
        stream.respond({ ':status': 200 })
        stream.write('welcome')
      },
    )
    const accepted = once(server, 'connection')
    const idle = new IdleShutdown(server, { patience: '1h', clock: new ManualClock() })
    internals(idle).endUpgrades()
    await listen(server)
    const socket = connect(addressOf(server))
    onTestFinished(() => void socket.destroy())
    await accepted
    const closed = idle.close()
    await turns()
    const tunnel = openTunnel(connectHttp2('http://localhost', { createConnection: () => socket }))
    const received: unknown[] = []
    tunnel.on('data', (chunk) => received.push(String(chunk)))
    await once(tunnel, 'end')
    expect(received).toEqual(['welcome'])
    expect(await closed).toMatchObject({ destroyed: 0 })
  },
)
