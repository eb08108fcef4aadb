import { once } from 'node:events'
import { expect } from 'vitest'
import type { Behaviour } from '../behaviour.ts'
import { isHttp1 } from '../behaviour.ts'
import { EVENT, expectStreamEnded, open, PATIENCE, pass, send } from './open-stream.ts'

/** The end of a stream with its server: the last column of the table of streams. */
export const streamEnds: readonly Behaviour[] = [
  {
    name: "stream at a close(), streams 'open' → the application's to end",
    async run(t) {
      const { idle, exchange, pending } = await open(t, {})
      const closed = idle.close()
      await t.settle()
      expect(pending.response.writableEnded).toBe(false)
      pending.response.end('last')
      expect((await exchange.answer).body).toBe(`${EVENT}last`)
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: "stream at a close(), streams 'traffic', bytes have moved since the last check → the application's to end",
    async run(t) {
      const { clock, idle, exchange, pending } = await open(t, { streams: 'traffic' })
      await pass(t, clock, 1)
      await send(t, pending)
      const closed = idle.close()
      await t.settle()
      expect(pending.response.writableEnded).toBe(false)
      pending.response.end()
      await exchange.answer
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: "stream at a close(), streams 'traffic', silent since the last check → ended at once",
    async run(t) {
      const stream = await open(t, { streams: 'traffic' })
      await pass(t, stream.clock, 1)
      void stream.idle.close()
      await expectStreamEnded(stream)
    },
  },
  {
    name: "stream at a close(), streams 'ignore' → ended at once, before any check",
    unix: true,
    async run(t) {
      const stream = await open(t, { streams: 'ignore' })
      void stream.idle.close()
      await expectStreamEnded(stream)
    },
  },
  {
    name: "stream that the application ends on the signal, streams 'ignore' → its last bytes arrive, and it counts as drained",
    async run(t) {
      const { clock, idle, exchange, pending } = await open(t, { streams: 'ignore' })
      idle.signal.addEventListener('abort', async () => {
        pending.response.write('bye ')
        await Promise.resolve()
        pending.response.end('bye')
      })
      await pass(t, clock, 2)
      expect((await exchange.answer).body).toBe(`${EVENT}bye bye`)
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'stream that begins in the drain and does not count → ended at the next check',
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: PATIENCE, clock, streams: 'ignore' })
      const { head, answer } = t.client().ask('/late')
      const { response } = await t.requests.next()
      const closed = idle.close()
      await t.settle()
      response.writeHead(200)
      response.write(EVENT)
      await head
      await clock.advance(PATIENCE)
      expect((await answer).body).toBe(EVENT)
      expect(await closed).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
  {
    name: "stream whose client does not read, streams 'ignore' → destroyed a second after it was ended",
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: PATIENCE, clock, streams: 'ignore' })
      const { head, answer } = t.client().ask('/big', { slow: true })
      answer.catch(() => {})
      const { response, disconnected } = await t.requests.next()
      response.writeHead(200)
      response.write(Buffer.alloc(30_000_000))
      await head
      await pass(t, clock, 2)
      expect(idle.signal.aborted).toBe(true)
      let isClosed = false
      void idle.closed.then(() => {
        isClosed = true
      })
      clock.step(999)
      await t.settle()
      expect(isClosed).toBe(false)
      clock.step(1)
      await disconnected
      expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
  {
    name: "pipelined request behind a stream, streams 'ignore' → active, and answered after the stream is ended",
    appliesTo: isHttp1,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: PATIENCE, clock, streams: 'ignore' })
      const raw = await t.raw()
      await raw.get('/events', '/behind')
      const [first, second] = [await t.requests.next(), await t.requests.next()]
      for (const { response } of [first, second]) {
        response.writeHead(200)
        response.write(EVENT)
      }
      await raw.until(EVENT)
      await pass(t, clock, 4)
      // Only the first is a stream: the head of the second is not on the wire.
      expect(idle.tracker.explain()).toMatchObject({ active: 1, reasons: [{ label: 'GET /behind' }] })
      const closed = idle.close()
      await raw.until(EVENT)
      second.response.end()
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: "stream to a client of HTTP/1.0, streams 'ignore' → ended by FIN",
    appliesTo: isHttp1,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: PATIENCE, clock, streams: 'ignore' })
      const raw = await t.raw()
      await raw.send('GET /events HTTP/1.0\r\n\r\n')
      const { response } = await t.requests.next()
      response.writeHead(200)
      response.write(EVENT)
      await raw.until(EVENT)
      await pass(t, clock, 2)
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
  {
    name: "stream with an upload that goes on, streams 'ignore' → ended, and the upload is stopped",
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: PATIENCE, clock, streams: 'ignore' })
      const { head, answer } = t.client().ask('/both', { method: 'POST', body: 'part', unfinished: true })
      const { request, response } = await t.requests.next()
      await once(request, 'data')
      response.writeHead(200)
      response.write(EVENT)
      await head
      const closed = idle.close()
      await clock.advance(PATIENCE)
      expect((await answer).body).toBe(EVENT)
      await clock.advance(PATIENCE)
      expect(await closed).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
]
