import { expect } from 'vitest'
import type { Behaviour } from '../behaviour.ts'
import { isHttp1 } from '../behaviour.ts'
import { EVENT, expectStreamEnded, open, PATIENCE, pass, send } from './open-stream.ts'

/** The count of a stream while it is open: the middle column of the table of streams. */
export const streamCounts: readonly Behaviour[] = [
  {
    name: "stream, streams 'open' → active until it ends, and named as a stream",
    unix: true,
    async run(t) {
      const { clock, idle, exchange, pending } = await open(t, {})
      const begin = clock.date()
      expect(idle.tracker.explain().reasons).toMatchObject([{ kind: 'stream', label: 'GET /events', ignored: false }])
      await pass(t, clock, 8)
      await send(t, pending)
      await pass(t, clock, 1)
      expect(idle.signal.aborted).toBe(false)
      expect(idle.tracker.explain()).toMatchObject({
        active: 1,
        reasons: [{ kind: 'stream', since: new Date(begin), lastByte: new Date(begin + 9 * PATIENCE) }],
        uncounted: [],
      })
      pending.response.end()
      await Promise.all([exchange.answer, pending.closed])
      await pass(t, clock, 1)
      expect(idle.signal.aborted).toBe(true)
      await idle.closed
    },
  },
  {
    name: "stream, streams 'traffic' → bytes renew the deadline; silence lets it pass within two patiences",
    async run(t) {
      const stream = await open(t, { streams: 'traffic' })
      const { clock, idle, pending } = stream
      await pass(t, clock, 1)
      expect(idle.tracker.explain()).toMatchObject({ active: 0, reasons: [], uncounted: [{ kind: 'stream' }] })
      for (let event = 0; event < 4; event++) {
        await send(t, pending)
        await pass(t, clock, 1)
        expect(idle.signal.aborted).toBe(false)
      }
      await pass(t, clock, 1)
      expect(idle.signal.aborted).toBe(true)
      expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
      expect((await stream.exchange.answer).body).toBe(EVENT.repeat(5))
    },
  },
  {
    name: "stream, streams 'traffic', that ends → its end renews the deadline",
    async run(t) {
      const { clock, idle, exchange, pending } = await open(t, { streams: 'traffic' })
      await pass(t, clock, 1)
      clock.step(PATIENCE / 2)
      pending.response.end()
      await Promise.all([exchange.answer, pending.closed])
      await t.settle()
      expect(idle.tracker.deadline).toEqual(new Date(clock.date() + PATIENCE))
    },
  },
  {
    name: "stream, streams 'ignore' → neither it nor its bytes delay the end beyond two patiences",
    unix: true,
    async run(t) {
      const { clock, idle, exchange, pending } = await open(t, { streams: 'ignore' })
      expect(idle.tracker.active).toBe(1)
      await pass(t, clock, 1)
      expect(idle.tracker.explain()).toMatchObject({
        active: 0,
        ignored: 0,
        reasons: [],
        uncounted: [{ kind: 'stream' }],
      })
      await send(t, pending)
      await pass(t, clock, 1)
      expect(idle.signal.aborted).toBe(true)
      expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
      expect((await exchange.answer).body).toBe(EVENT.repeat(2))
    },
  },
  ...(['traffic', 'ignore'] as const).map(
    (streams): Behaviour => ({
      name: `a request whose head is not sent, streams '${streams}' → active, however long it computes`,
      async run(t) {
        const clock = t.stopTime()
        const idle = await t.serve({ patience: PATIENCE, clock, streams })
        const { answer } = t.client().ask('/slow')
        const pending = await t.requests.next()
        // Composes the head, and sends nothing.
        pending.response.statusCode = 202
        if (isHttp1(t.subject)) pending.response.writeHead(202)
        await pass(t, clock, 8)
        expect(idle.tracker.explain()).toMatchObject({ active: 1, reasons: [{ kind: 'request' }] })
        pending.response.end('late')
        expect(await answer).toMatchObject({ status: 202, body: 'late' })
      },
    }),
  ),
  {
    name: "a response of declared length, streams 'ignore' → active, and answered to the end at a close()",
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: PATIENCE, clock, streams: 'ignore' })
      const { head, answer } = t.client().ask('/download')
      const { response } = await t.requests.next()
      response.writeHead(200, { 'content-length': 10 })
      response.write('first')
      await head
      await pass(t, clock, 8)
      expect(idle.tracker.explain()).toMatchObject({ active: 1, reasons: [{ kind: 'request' }] })
      const closed = idle.close()
      await t.settle()
      response.end('other')
      expect((await answer).body).toBe('firstother')
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'an ignored request that became a stream → neither delays the end nor moves the deadline',
    unix: true,
    async run(t) {
      const stream = await open(t, { ignore: '/events', streams: 'open' })
      const { clock, idle } = stream
      idle.tracker.touch()
      const { deadline } = idle.tracker
      expect(idle.tracker.explain().ignored).toBe(1)
      clock.step(PATIENCE - 1)
      expect(idle.tracker.deadline).toEqual(deadline)
      await pass(t, clock, 1)
      await expectStreamEnded(stream)
    },
  },
  {
    name: "countStream('ignore') → this stream does not count, and others do",
    async run(t) {
      const { clock, idle, exchange, pending } = await open(t, {})
      idle.countStream(pending.request, 'ignore')
      await pass(t, clock, 1)
      expect(idle.tracker.explain()).toMatchObject({ active: 0, uncounted: [{ kind: 'stream' }] })
      const other = t.client().ask('/other')
      const { response } = await t.requests.next()
      response.writeHead(200)
      response.write('other')
      await other.head
      await pass(t, clock, 8)
      expect(idle.signal.aborted).toBe(false)
      const closed = idle.close()
      expect((await exchange.answer).body).toBe(EVENT)
      response.end()
      await other.answer
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: "countStream('open'), streams 'ignore' → this stream is active until it ends",
    async run(t) {
      const { clock, idle, exchange, pending } = await open(t, { streams: 'ignore' })
      idle.countStream(pending.request, 'open')
      await pass(t, clock, 8)
      expect(idle.tracker.active).toBe(1)
      pending.response.end()
      await exchange.answer
    },
  },
]
