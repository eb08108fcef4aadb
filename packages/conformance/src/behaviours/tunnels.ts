import { once } from 'node:events'
import type { ClientHttp2Stream, Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { AnyServer } from '@idle-shutdown/core'
import { expect } from 'vitest'
import { type Behaviour, isHttp2 } from '../behaviour.ts'
import type { TestContext } from '../test-context.ts'

/** Makes the server accept every CONNECT, extended (RFC 8441) or not, and echo. */
function acceptTunnels(server: AnyServer): void {
  if ('updateSettings' in server) server.updateSettings({ enableConnectProtocol: true })
  server.on('connect', ({ stream }: Http2ServerRequest, _response: Http2ServerResponse) => {
    stream.on('error', () => {})
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
}

/** Opens the stream of a WebSocket or of a plain tunnel, and waits for the response. */
async function open(t: TestContext, path?: string): Promise<ClientHttp2Stream> {
  const { session } = await t.session()
  const extended = { ':protocol': 'websocket', ':scheme': 'http', ':path': path ?? '/' }
  const stream = session.request(
    { ':method': 'CONNECT', ':authority': 'localhost', ...(path && extended) },
    { endStream: false },
  )
  stream.on('error', () => {})
  await once(stream, 'response')
  return stream
}

async function echo(stream: ClientHttp2Stream): Promise<void> {
  const echoed = once(stream, 'data')
  stream.write('ping')
  expect(String(await echoed)).toBe('ping')
}

const all: readonly Behaviour[] = [
  ...(
    [
      ['WebSocket over HTTP/2 (RFC 8441)', '/'],
      ['CONNECT over HTTP/2', undefined],
    ] as const
  ).map(
    ([name, path]): Behaviour => ({
      name: `${name} → an upgrade that is active until it closes`,
      async run(t) {
        const clock = t.stopTime()
        const { tracker } = await t.serve({ patience: 1000, clock }, acceptTunnels)
        const stream = await open(t, path)
        expect(tracker.explain().reasons).toMatchObject([{ kind: 'upgrade', ignored: false }])
        for (let patience = 0; patience < 8; patience++) clock.step(1000)
        expect(tracker.active).toBe(1)
        await echo(stream)
        const closed = once(stream, 'close')
        stream.close()
        await closed
        await t.settle()
        expect(tracker.active).toBe(0)
      },
    }),
  ),
  {
    name: "WebSocket over HTTP/2, upgrades 'traffic' → no hold; bytes renew the deadline, a PING of the session does not",
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ upgrades: 'traffic', patience: 1000, clock }, acceptTunnels)
      const stream = await open(t, '/')
      expect(idle.tracker.explain()).toMatchObject({ active: 0, ignored: 0, reasons: [] })
      clock.step(900)
      await echo(stream)
      clock.step(200)
      await t.settle()
      expect(idle.signal.aborted).toBe(false)
      await new Promise((resolve) => stream.session?.ping(resolve))
      clock.step(1000)
      await t.settle()
      expect(idle.signal.aborted).toBe(true)
    },
  },
  ...(
    [
      ['with bytes since the last deadline → its end renews the deadline', true, false],
      ['with its session, and bytes since the last deadline → its end renews the deadline', true, true],
      ['without a byte since the last deadline → the deadline stays where it was', false, false],
    ] as const
  ).map(
    ([how, moves, withSession]): Behaviour => ({
      name: `WebSocket over HTTP/2, upgrades 'traffic', that closes ${how}`,
      async run(t) {
        const clock = t.stopTime()
        const { tracker } = await t.serve({ upgrades: 'traffic', patience: 1000, clock }, acceptTunnels)
        const stream = await open(t, '/')
        // The first deadline sees the bytes of the response.
        await echo(stream)
        clock.step(1000)
        await t.settle()
        const deadline = clock.date() + 1000
        expect(tracker.deadline).toEqual(new Date(deadline))
        clock.step(500)
        if (moves) await echo(stream)
        const closed = once(stream.resume(), 'close')
        if (withSession) stream.session?.destroy()
        else stream.end()
        await closed
        if (withSession) await t.disconnected(0)
        await t.settle()
        expect(tracker.explain().uncounted).toEqual([])
        expect(tracker.deadline).toEqual(new Date(moves ? deadline + 500 : deadline))
      },
    }),
  ),
  {
    name: "WebSocket over HTTP/2, upgrades 'ignore' → never active; ended at the drain, after the signal's listeners",
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ upgrades: 'ignore', patience: 1000, clock }, acceptTunnels)
      const stream = await open(t, '/')
      expect(idle.tracker.active).toBe(0)
      idle.tracker.touch()
      const closed = once(stream.resume(), 'close')
      clock.step(1000)
      await t.settle()
      expect(idle.signal.aborted).toBe(true)
      await closed
      expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
  {
    name: 'an ignored request that is a WebSocket over HTTP/2 → never active, and the deadline stays where it was',
    async run(t) {
      const clock = t.stopTime()
      const { tracker } = await t.serve({ ignore: '/live', patience: '1m', clock }, acceptTunnels)
      tracker.touch()
      const { deadline } = tracker
      clock.step(1000)
      await open(t, '/live')
      expect(tracker.active).toBe(0)
      expect(tracker.deadline).toEqual(deadline)
    },
  },
]

/** HTTP/2 streams that leave HTTP. */
export const tunnels: readonly Behaviour[] = all.map((behaviour) => ({ appliesTo: isHttp2, ...behaviour }))
