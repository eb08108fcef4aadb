import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { AnyServer } from '@idle-shutdown/core'
import { expect } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Behaviour, isHttp1, isHttp2 } from '../behaviour.ts'

const PATIENCE = 1000
const UPGRADE =
  'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
/** The close frame of a server with the code 1001, one character per byte. */
const GOING_AWAY = '\x88\x02\x03\xe9'

/** Makes the server accept WebSockets with `accepted`. */
function acceptWebSockets(accepted: (socket: WebSocket) => void = () => {}): (server: AnyServer) => void {
  const accepting = new WebSocketServer({ noServer: true, perMessageDeflate: true })
  return (server) => {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      accepting.handleUpgrade(request, socket, head, accepted)
    })
  }
}

/** Returns the code with which the client's WebSocket closes. */
function codeOf(client: WebSocket): Promise<unknown> {
  return new Promise((resolve) => client.once('close', resolve))
}

const http1: readonly Behaviour[] = [
  ...(['traffic', 'ignore'] as const).map(
    (upgrades): Behaviour => ({
      name: `WebSocket whose client is silent, upgrades '${upgrades}' → closed with 1001 at the idle end, at once`,
      unix: true,
      async run(t) {
        const clock = t.stopTime()
        const idle = await t.serve({ patience: PATIENCE, clock, upgrades }, acceptWebSockets())
        const code = codeOf(await t.websocket())
        expect(idle.tracker.explain()).toMatchObject({ active: 0, reasons: [], uncounted: [{ kind: 'upgrade' }] })
        idle.tracker.touch()
        for (let patience = 0; patience < 3; patience++) {
          clock.step(PATIENCE)
          await t.settle()
        }
        expect(await code).toBe(1001)
        // The clock stands still, so that nothing has waited.
        expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
      },
    }),
  ),
  {
    name: "WebSocket on which bytes have moved since the last check, upgrades 'traffic' → the application's to close at a close()",
    async run(t) {
      const clock = t.stopTime()
      const sockets: WebSocket[] = []
      const idle = await t.serve(
        { patience: PATIENCE, clock, upgrades: 'traffic' },
        acceptWebSockets((socket) => sockets.push(socket)),
      )
      const client = await t.websocket()
      const code = codeOf(client)
      clock.step(PATIENCE)
      await t.settle()
      const received = once(client, 'message')
      sockets[0]?.send('moved')
      await received
      const closed = idle.close()
      await t.settle()
      sockets[0]?.close(4000)
      expect(await code).toBe(4000)
      expect(await closed).toMatchObject({ destroyed: 0 })
    },
  },
  {
    name: "WebSocket that the application closes on the signal, upgrades 'ignore' → closed with the application's code",
    async run(t) {
      const idle = await t.serve(
        { upgrades: 'ignore' },
        acceptWebSockets((socket) => idle.signal.addEventListener('abort', () => socket.close(4001))),
      )
      const code = codeOf(await t.websocket())
      idle.tracker.touch()
      await t.expectIdleEnd()
      expect(await code).toBe(4001)
    },
  },
  {
    name: "WebSocket with a compressed message on its way, upgrades 'ignore' → the message, then 1001 or the end",
    async run(t) {
      const clock = t.stopTime()
      const sockets: WebSocket[] = []
      const idle = await t.serve(
        { patience: PATIENCE, clock, upgrades: 'ignore' },
        acceptWebSockets((socket) => sockets.push(socket)),
      )
      const client = await t.websocket()
      const code = codeOf(client)
      const received = once(client, 'message')
      sockets[0]?.send('x'.repeat(100_000))
      expect(String((await received)[0])).toBe('x'.repeat(100_000))
      const closed = idle.close()
      expect(await code).toBe(1001)
      expect(await closed).toMatchObject({ destroyed: 0 })
    },
  },
  {
    name: "WebSocket whose client sends no FIN, upgrades 'ignore' → the frame, FIN, and destroyed a second later",
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: PATIENCE, clock, upgrades: 'ignore' }, (server) => {
        server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => socket.write(SWITCHED))
      })
      const raw = await t.raw({ allowHalfOpen: true })
      await raw.send(UPGRADE)
      await raw.until(SWITCHED)
      const closed = idle.close()
      await raw.until(GOING_AWAY)
      clock.step(PATIENCE)
      expect(await closed).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
  {
    name: "WebSocket whose client does not read, upgrades 'ignore' → destroyed a second later",
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: PATIENCE, clock, upgrades: 'ignore' }, (server) => {
        server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
          socket.on('error', () => {})
          socket.write(SWITCHED)
          socket.write(Buffer.alloc(30_000_000))
        })
      })
      const raw = await t.raw()
      raw.socket.pause()
      await raw.send(UPGRADE)
      await t.settle()
      const closed = idle.close()
      await t.settle()
      clock.step(PATIENCE - 1)
      await t.settle()
      expect(idle.tracker.explain().uncounted).toHaveLength(1)
      clock.step(1)
      expect(await closed).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
  {
    name: "WebSocket whose client reads late, upgrades 'ignore' → everything that was written, and then 1001",
    async run(t) {
      const clock = t.stopTime()
      const message = Buffer.alloc(30_000_000)
      const sockets: Duplex[] = []
      const idle = await t.serve({ patience: PATIENCE, clock, upgrades: 'ignore' }, (server) => {
        server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
          socket.write(SWITCHED)
          socket.write(message)
          sockets.push(socket)
        })
      })
      const raw = await t.raw()
      raw.socket.pause()
      await raw.send(UPGRADE)
      while (sockets.length === 0) await t.settle()
      const [socket] = sockets
      const closed = idle.close()
      while (!idle.signal.aborted) await t.settle()
      await t.settle()
      expect(socket?.writableLength).toBeGreaterThan(0)
      expect(socket?.writableEnded).toBe(false)
      raw.socket.resume()
      const all = await raw.until(GOING_AWAY)
      expect(all).toHaveLength(SWITCHED.length + message.length + GOING_AWAY.length)
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await closed).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
  {
    name: "WebSocket that was not answered yet, upgrades 'ignore' → FIN without a frame",
    async run(t) {
      const idle = await t.serve({ patience: '1h', upgrades: 'ignore' }, (server) => {
        server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => socket.resume())
      })
      const raw = await t.raw()
      await t.sendPart(raw, UPGRADE)
      await t.settle()
      const closed = idle.close()
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(raw.received).toBe('')
      expect(await closed).toMatchObject({ destroyed: 0 })
    },
  },
  {
    name: "upgraded socket that is not a WebSocket, upgrades 'ignore' → FIN without a frame",
    async run(t) {
      const other = SWITCHED.replace('websocket', 'thing')
      const idle = await t.serve({ patience: '1h', upgrades: 'ignore' }, (server) => {
        server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => socket.write(other))
      })
      const raw = await t.raw()
      await raw.send(UPGRADE.replace('websocket', 'thing'))
      await raw.until(other)
      const closed = idle.close()
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(raw.received).toBe('')
      expect(await closed).toMatchObject({ destroyed: 0 })
    },
  },
  {
    name: 'WebSocket when grace is 0 → 1001, then cut',
    async run(t) {
      const idle = await t.serve({ patience: '1h', grace: 0 }, acceptWebSockets())
      const code = codeOf(await t.websocket())
      expect(await idle.close()).toMatchObject({ drained: 0, destroyed: 1 })
      expect(await code).toBe(1001)
    },
  },
]

const http2: readonly Behaviour[] = (['traffic', 'ignore', 'open, at the end of grace'] as const).map((how) => ({
  name: `WebSocket over HTTP/2 whose client is silent, upgrades '${how}' → a close frame with 1001, then the end of the stream`,
  async run(t) {
    const clock = t.stopTime()
    const upgrades = how === 'traffic' || how === 'ignore' ? how : 'open'
    const idle = await t.serve({ patience: PATIENCE, grace: 5000, clock, upgrades }, (server) => {
      if ('updateSettings' in server) server.updateSettings({ enableConnectProtocol: true })
      server.on('connect', ({ stream }: Http2ServerRequest) => {
        stream.on('error', () => {})
        stream.respond({ ':status': 200 })
        stream.resume()
      })
    })
    const { session } = await t.session()
    const stream = session.request(
      { ':method': 'CONNECT', ':authority': 'localhost', ':protocol': 'websocket', ':scheme': 'http', ':path': '/' },
      { endStream: false },
    )
    stream.on('error', () => {})
    await once(stream, 'response')
    const data = once(stream, 'data')
    const closed = upgrades === 'open' ? idle.close() : idle.closed
    idle.tracker.touch()
    for (let patience = 0; patience < 6; patience++) {
      clock.step(PATIENCE)
      await t.settle()
      if (upgrades !== 'open' && idle.signal.aborted) break
    }
    expect(Buffer.from((await data)[0]).toString('latin1')).toBe(GOING_AWAY)
    expect(await closed).toMatchObject({ drained: 0, destroyed: upgrades === 'open' ? 1 : 0 })
  },
}))

/** Connections that left HTTP, when the server goes away. */
export const goingAway: readonly Behaviour[] = [
  ...http1.map((behaviour) => ({ ...behaviour, appliesTo: isHttp1 })),
  ...http2.map((behaviour) => ({ ...behaviour, appliesTo: isHttp2 })),
]
