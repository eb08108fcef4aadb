import { once } from 'node:events'
import { turns } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type Behaviour, isAny, isHttp1, isHttp2 } from '../behaviour.ts'
import { answerTo, BIG } from '../pending-requests.ts'
import type { TestContext } from '../test-context.ts'

/** Ways to end a server while something is in progress. */
const ENDS: readonly [name: string, end: (t: TestContext, parent: AbortController) => void][] = [
  ['close()', (t) => void t.idle.close()],
  ['a parent that aborts', (_t, parent) => parent.abort('over')],
]

/** The fate of connections after the decision to end. */
export const drain: readonly Behaviour[] = [
  ...ENDS.map(
    ([name, end]): Behaviour => ({
      name: `10 MB to a slow reader at ${name} → complete`,
      async run(t) {
        const parent = new AbortController()
        const idle = await t.serve({ patience: '1h', signal: parent.signal })
        const exchange = t.client().ask('/big', { slow: true })
        const { response } = await t.requests.next()
        response.end(BIG)
        await exchange.head
        end(t, parent)
        await t.settle()
        expect(response.writableFinished).toBe(false)
        exchange.read()
        expect((await exchange.answer).body.length).toBe(BIG.length)
        expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
      },
    }),
  ),
  ...ENDS.map(
    ([name, end]): Behaviour => ({
      name: `20 connections queued behind a blocked event loop at ${name} → all answered`,
      alone: true,
      async run(t) {
        const parent = new AbortController()
        const idle = await t.serve({ patience: '1h', signal: parent.signal })
        const answers = Array.from({ length: 20 }, () => t.client().ask('/now').answer)
        await new Promise(process.nextTick)
        end(t, parent)
        for (const answer of answers) expect((await answer).body).toBe(answerTo('/now'))
        expect(await idle.closed).toMatchObject({ drained: 20, destroyed: 0 })
      },
    }),
  ),
  {
    name: '10 MB ended and not flushed when the last response closes → complete, then fires',
    async run(t) {
      await t.serve()
      const exchange = t.client().ask('/big', { slow: true })
      const { response } = await t.requests.next()
      response.end(BIG)
      await exchange.head
      await t.expectStillUp()
      expect(response.writableFinished).toBe(false)
      exchange.read()
      expect((await exchange.answer).body.length).toBe(BIG.length)
      expect(await t.expectIdleEnd()).toMatchObject({ destroyed: 0 })
    },
  },
  {
    name: 'headers unsent → Connection: close, answered, then closed',
    appliesTo: isHttp1,
    unix: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const client = t.client()
      const { head, answer } = client.ask('/unsent')
      const pending = await t.requests.next()
      void idle.close()
      await pending.answer()
      expect((await head).headers['connection']).toBe('close')
      expect((await answer).body).toBe(answerTo('/unsent'))
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'several pipelined → all answered in order, Connection: close on the last only',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      await raw.get('/1', '/2', '/3')
      const requests = [await t.requests.next(), await t.requests.next(), await t.requests.next()]
      void idle.close()
      await turns(1)
      for (const pending of requests) await pending.answer()
      const first = await raw.until(answerTo('/1'))
      const second = await raw.until(answerTo('/2'))
      const third = await raw.until(answerTo('/3'))
      expect([first, second, third].map((answer) => answer.includes('Connection: close'))).toEqual([false, false, true])
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 3, destroyed: 0 })
    },
  },
  {
    name: 'one more pipelined during the drain → answered too',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      await raw.get('/1')
      const first = await t.requests.next()
      void idle.close()
      await t.settle()
      await raw.get('/2')
      const second = await t.requests.next()
      await first.answer()
      await second.answer()
      await raw.until(answerTo('/1'))
      expect(await raw.until(answerTo('/2'))).toContain('Connection: close')
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 2, destroyed: 0 })
    },
  },
  {
    name: 'headers sent → body complete, then closed',
    unix: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const client = t.client()
      const { head, answer } = client.ask('/sent')
      const { response } = await t.requests.next()
      response.writeHead(200)
      response.write('first ')
      await head
      void idle.close()
      await t.settle()
      response.end('last')
      expect((await answer).body).toBe('first last')
      expect(await client.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'new request on a kept connection in the turn of the decision → answered, then closed',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.keptConnection()
      await raw.get('/last')
      void idle.close()
      const pending = await t.requests.next()
      await t.settle()
      await pending.answer()
      expect(await raw.until(answerTo('/last'))).toContain('Connection: close')
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'early response with the body of its request incomplete → ends without waiting for the keep-alive timeout',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h', grace: Infinity })
      const raw = await t.raw()
      await raw.send('POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nonly this')
      const pending = await t.requests.next()
      pending.response.write('early ')
      await raw.until('early ')
      void idle.close()
      pending.response.end('enough')
      await raw.until('enough')
      expect((await idle.closed).duration).toBeLessThan(4000)
    },
  },
  {
    name: 'stream in progress → finishes; GOAWAY, and a new stream is refused',
    appliesTo: isHttp2,
    unix: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const client = await t.session()
      const { answer } = client.ask('/stream')
      const pending = await t.requests.next()
      void idle.close()
      await client.goaway
      await t.settle()
      await expect(client.ask('/refused').answer).rejects.toThrow()
      await pending.answer()
      expect((await answer).body).toBe(answerTo('/stream'))
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
      expect(t.requests.waiting).toBe(0)
    },
  },
  {
    name: 'many idle kept connections → FIN for each, not RST',
    unix: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const clients = Array.from({ length: 60 }, () => t.client())
      await Promise.all(clients.map((client) => client.ask('/now').answer))
      const report = await idle.close()
      const ends = await Promise.all(clients.map(({ ended }) => ended))
      expect(new Set(ends.map(({ how }) => how))).toEqual(new Set(['FIN']))
      expect(report).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
  {
    name: 'new and silent connections → a second to ask in, then ended with FIN, whatever the grace',
    appliesTo: isHttp1,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ grace: '1h', clock })
      const [asking, silent] = [await t.raw(), await t.raw()]
      const closed = idle.close()
      await t.settle()
      clock.step(999)
      await asking.get('/last-chance')
      const pending = await t.requests.next()
      await pending.answer()
      await asking.until(answerTo('/last-chance'))
      expect(await asking.ended).toEqual({ how: 'FIN' })
      expect(silent.socket.destroyed).toBe(false)
      clock.step(1)
      expect(await silent.ended).toEqual({ how: 'FIN' })
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0, duration: 1000 })
    },
  },
  {
    name: 'first request that arrives while the event loop stands still for that second → answered',
    appliesTo: isHttp1,
    unix: true,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ grace: '1h', clock })
      const late = await t.raw()
      const closed = idle.close()
      await t.settle()
      const sent = late.get('/now')
      // Runs in this turn: the timer is due before the socket is read, as after a gap.
      clock.step(1000)
      await sent
      await late.until(answerTo('/now'))
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'listener → down when the signal of an idle end aborts; nothing is accepted afterwards',
    appliesTo: isAny,
    async run(t) {
      const idle = await t.serve()
      let listening = true
      idle.signal.addEventListener('abort', () => {
        listening = t.server.listening
      })
      idle.tracker.touch()
      await once(idle.signal, 'abort')
      expect(listening).toBe(false)
      await t.expectIdleEnd()
    },
  },
]
