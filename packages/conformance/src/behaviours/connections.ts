import { once } from 'node:events'
import { connect } from 'node:net'
import type { AnyServer } from '@idle-shutdown/core'
import { connectionEnd } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type Behaviour, isAny, isHttp, isHttp1, isRaw } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'

/** Shortens the limit for heads and the interval of Node's check, which is 30 seconds by default. */
function shortenHeadersTimeout(server: AnyServer): void {
  Reflect.set(server, 'headersTimeout', HEADERS_TIMEOUT)
  Reflect.set(server, 'connectionsCheckingInterval', 10)
}

const HEADERS_TIMEOUT = 100

/** Counting of connections without a request: probes, silent connections, and all connections of a plain server. */
export const connections: readonly Behaviour[] = [
  {
    name: "silent connection, 'connections' → active until it closes",
    appliesTo: isHttp1,
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      expect(tracker.active).toBe(1)
      await t.expectStillUp()
      raw.destroy()
      await t.expectIdleEnd()
    },
  },
  ...(
    [
      ['socket that never sends', ''],
      ['half a request head', 'GET /never HTTP/1.1\r\nHo'],
    ] as const
  ).map(
    ([name, bytes]): Behaviour => ({
      name: `${name}, 'connections' → active no longer than headersTimeout, then fires`,
      appliesTo: isHttp1,
      async run(t) {
        const { tracker } = await t.serve({}, shortenHeadersTimeout)
        const before = performance.now()
        const raw = await t.raw()
        if (bytes !== '') await t.sendPart(raw, bytes)
        expect(tracker.active).toBe(1)
        await raw.ended
        expect(performance.now() - before).toBeGreaterThanOrEqual(HEADERS_TIMEOUT - 1)
        await t.disconnected(0)
        expect(tracker.active).toBe(0)
        expect(await t.expectIdleEnd()).toMatchObject({ drained: 0, destroyed: 0 })
      },
    }),
  ),
  {
    name: 'socket that never sends, if Node sets no limit → active for two patiences at most, then fires and is ended',
    // Includes HTTP/2 before its SETTINGS, and a tls server before its handshake. Of the latter, Node reports only the
    // timeout.
    appliesTo: ({ protocol, secure }) => (protocol === 'h2' && !secure) || (protocol === 'raw' && secure),
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: 2000, clock })
      idle.tracker.touch()
      const probe = connect(t.address)
      t.defer(() => probe.destroy())
      const ended = connectionEnd(probe.resume())
      await t.accepted(1)
      expect(idle.tracker.active).toBe(1)
      clock.step(1999)
      expect(idle.tracker.active).toBe(1)
      clock.step(2001)
      expect(idle.tracker.active).toBe(0)
      clock.step(2000)
      await t.settle()
      expect(idle.signal.aborted).toBe(true)
      clock.step(1000)
      await ended
      expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
  {
    name: "silent connection, 'requests' → not active; fires, and it is ended with FIN",
    appliesTo: isHttp1,
    async run(t) {
      const { tracker } = await t.serve({ activity: 'requests', grace: '200ms' })
      const raw = await t.raw()
      expect(tracker.active).toBe(0)
      tracker.touch()
      expect(await t.expectIdleEnd()).toMatchObject({ drained: 0 })
      expect(await raw.ended).toEqual({ how: 'FIN' })
    },
  },
  {
    name: "TCP probe, 'requests' → leaves the deadline where it was",
    appliesTo: isHttp,
    unix: true,
    async run(t) {
      const clock = t.stopTime()
      const { tracker } = await t.serve({ activity: 'requests', patience: '1m', clock })
      tracker.touch()
      const { deadline } = tracker
      clock.step(1000)
      const [probe, accepted] = [connect(t.address), once(t.server, 'connection')]
      const [socket] = await accepted
      expect(tracker.active).toBe(0)
      probe.destroy()
      await once(socket, 'close')
      expect(tracker.deadline).toEqual(deadline)
    },
  },
  {
    name: "TCP probe, 'connections' → the patience starts again when it is gone",
    appliesTo: isAny,
    async run(t) {
      const clock = t.stopTime()
      const { tracker } = await t.serve({ patience: '1m', clock })
      clock.step(1000)
      const [probe, accepted] = [connect(t.address), once(t.server, 'connection')]
      const [socket] = await accepted
      expect(tracker.active).toBe(1)
      clock.step(1000)
      probe.destroy()
      await once(socket, 'close')
      expect(tracker.active).toBe(0)
      expect(tracker.deadline).toEqual(new Date(clock.date() + 60_000))
    },
  },
  {
    name: "half a request head, 'connections' → active; completed, it is answered",
    appliesTo: isHttp1,
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      await raw.send('GET /late HTTP/1.1\r\nHo')
      await t.expectStillUp()
      expect(tracker.active).toBe(1)
      await raw.send('st: localhost\r\n\r\n')
      const pending = await t.requests.next()
      expect(tracker.active).toBe(1)
      await pending.answer()
      await raw.until(answerTo('/late'))
      await t.expectIdleEnd()
    },
  },
  {
    name: "half a request head at the deadline, 'requests' → looked at again; completed, it is answered",
    appliesTo: isHttp1,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ activity: 'requests', patience: 2000, clock })
      const raw = await t.raw()
      idle.tracker.touch()
      clock.step(1500)
      await t.sendPart(raw, 'GET /late HTTP/1.1\r\nHo')
      clock.step(500)
      await t.settle()
      expect(idle.signal.aborted).toBe(false)
      await raw.send('st: localhost\r\n\r\n')
      const pending = await t.requests.next()
      expect(idle.tracker.active).toBe(1)
      await pending.answer()
      await raw.until(answerTo('/late'))
      clock.step(2000)
      await t.settle()
      expect(idle.signal.aborted).toBe(true)
    },
  },
  {
    name: "half a request head that stalls, 'requests' → let go; completed in the drain, it is answered, then closed",
    appliesTo: isHttp1,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ activity: 'requests', patience: 2000, clock })
      const raw = await t.raw()
      idle.tracker.touch()
      clock.step(1500)
      await t.sendPart(raw, 'GET /late HTTP/1.1\r\nHo')
      clock.step(500)
      await t.settle()
      expect(idle.signal.aborted).toBe(false)
      clock.step(1000)
      await t.settle()
      expect(idle.signal.aborted).toBe(true)
      await raw.send('st: localhost\r\n\r\n')
      const pending = await t.requests.next()
      await pending.answer()
      expect(await raw.until(answerTo('/late'))).toContain('Connection: close')
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'plain server: an open connection → active; closed → fires',
    appliesTo: isRaw,
    unix: true,
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      const other = await t.raw()
      expect(tracker.active).toBe(2)
      other.destroy()
      await t.expectStillUp()
      expect(tracker.active).toBe(1)
      raw.destroy()
      expect(await t.expectIdleEnd()).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
]
