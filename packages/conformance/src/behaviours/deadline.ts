import { once } from 'node:events'
import { listen, makeServer, turns } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type Behaviour, isAny, isHttp } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'
import { PATIENCE } from '../test-context.ts'

const QUEUED = 20

/** Milliseconds: the patience of servers whose event loop is blocked, while nothing else runs. */
const BRIEF = 50

/** The cases in which the deadline fires, and those in which it does not. */
export const deadline: readonly Behaviour[] = [
  {
    name: 'no activity for one patience → fires, never before the deadline that it reported',
    appliesTo: isAny,
    async run(t) {
      const { tracker, signal } = await t.serve()
      const before = performance.now()
      tracker.touch()
      expect(tracker.active).toBe(0)
      await once(signal, 'abort')
      expect(performance.now() - before).toBeGreaterThanOrEqual(PATIENCE)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'startup patience → until the first counted activity, and not beyond',
    async run(t) {
      const clock = t.stopTime()
      const { tracker } = await t.serve({ patience: '1m', startupPatience: '1h', ignore: '/healthz', clock })
      const start = clock.date()
      expect(tracker.deadline).toEqual(new Date(start + 3_600_000))
      clock.step(1000)
      const health = t.client().ask('/healthz')
      await t.requests.next().then((pending) => pending.answer())
      await health.answer
      expect(tracker.deadline).toEqual(new Date(start + 3_600_000))
      await t.client().ask('/now').answer
      await t.settle()
      expect(tracker.deadline).toEqual(new Date(clock.date() + 60_000))
    },
  },
  {
    name: 'hold → active until it is released',
    appliesTo: isAny,
    async run(t) {
      const { tracker } = await t.serve()
      const hold = tracker.hold('a job')
      await t.expectStillUp()
      hold.release()
      expect(await t.expectIdleEnd()).toMatchObject({ abandoned: 0 })
    },
  },
  {
    name: 'confirm says no, then yes → fires a patience later',
    appliesTo: isAny,
    async run(t) {
      const answers: boolean[] = []
      const idle = await t.serve({
        startupPatience: PATIENCE,
        confirm: () => {
          answers.push(answers.length > 0)
          return answers.length > 1
        },
      })
      await once(idle.signal, 'abort')
      expect(answers).toEqual([false, true])
      await t.expectIdleEnd()
    },
  },
  {
    name: 'request during confirm → not fired, and answered',
    async run(t) {
      let confirmed = 0
      let client: ReturnType<typeof t.client> | undefined
      let answer: Promise<{ body: string }> | undefined
      const idle = await t.serve({
        confirm: async () => {
          if (confirmed++ > 0) return true
          answer = client?.ask('/now').answer
          await answer
          expect(idle.signal.aborted).toBe(false)
          return true
        },
      })
      client = t.client()
      await client.ask('/now').answer
      await t.expectIdleEnd()
      expect((await answer)?.body).toBe(answerTo('/now'))
      expect(confirmed).toBe(2)
    },
  },
  {
    name: 'request during the last look → not fired, and answered',
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: 1000, clock })
      const client = t.client()
      await client.ask('/now').answer
      await t.settle()
      clock.step(500)
      const { answer } = client.ask('/during')
      // The last look begins in the turn in which the request is sent.
      clock.step(500)
      const pending = await t.requests.next()
      expect(idle.signal.aborted).toBe(false)
      await t.settle()
      expect(idle.signal.aborted).toBe(false)
      await pending.answer()
      expect((await answer).body).toBe(answerTo('/during'))
      clock.step(1000)
      await t.settle()
      expect(idle.signal.aborted).toBe(true)
    },
  },
  {
    name: `${QUEUED} connections queued behind a blocked event loop at the deadline → all answered`,
    alone: true,
    async run(t) {
      const { tracker } = await t.serve({ patience: BRIEF })
      tracker.touch()
      const clients = Array.from({ length: QUEUED }, () => t.client())
      const answers = clients.map((client) => client.ask('/now').answer)
      // The kernel queues the connections: none is accepted, since no turn of the event loop has passed.
      await new Promise(process.nextTick)
      expect(tracker.active).toBe(0)
      block(BRIEF + 5)
      for (const answer of answers) expect((await answer).body).toBe(answerTo('/now'))
      await t.expectIdleEnd()
    },
  },
  {
    name: 'request on a kept connection behind a blocked event loop at the deadline → answered',
    alone: true,
    async run(t) {
      await t.serve({ patience: BRIEF })
      const client = t.client()
      await client.ask('/now').answer
      const { answer } = client.ask('/now?2')
      await new Promise(process.nextTick)
      block(BRIEF + 5)
      expect((await answer).body).toBe(answerTo('/now?2'))
      await t.expectIdleEnd()
    },
  },
  {
    name: 'event loop blocked for longer than the patience (twice) → no instant end: another patience',
    alone: true,
    appliesTo: isAny,
    async run(t) {
      const { tracker, signal } = await t.serve({ patience: BRIEF })
      tracker.touch()
      block(BRIEF * 3)
      const after = performance.now()
      await once(signal, 'abort')
      expect(performance.now() - after).toBeGreaterThanOrEqual(BRIEF - 1)
    },
  },
  {
    name: 'one more server under the same clock, one of them busy → stays; both end together',
    async run(t) {
      const idle = await t.serve()
      const other = makeServer('http', t.requests.handler)
      idle.watch(other)
      const stop = await listen(other)
      t.defer(stop)
      const { answer } = t.client().ask('/busy')
      const pending = await t.requests.next()
      await t.expectStillUp()
      expect(other.listening).toBe(true)
      await pending.answer()
      await answer
      await t.expectIdleEnd()
      expect(other.listening).toBe(false)
    },
  },
  {
    name: 'the same server watched twice → counted once; the undo leaves it watched',
    async run(t) {
      const idle = await t.serve()
      const again = idle.watch(t.server)
      const { answer } = t.client().ask('/once')
      const pending = await t.requests.next()
      expect(idle.tracker.active).toBe(1)
      again[Symbol.dispose]()
      again[Symbol.dispose]()
      expect(idle.tracker.active).toBe(1)
      await pending.answer()
      await answer
      expect(idle.tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'parent signal aborted while something is in progress → it is answered, with the parent’s reason',
    async run(t) {
      const parent = new AbortController()
      const idle = await t.serve({ patience: '1h', signal: parent.signal })
      const { answer } = t.client().ask('/in-progress')
      const pending = await t.requests.next()
      parent.abort('from the parent')
      expect(idle.signal.reason).toBe('from the parent')
      await turns(1)
      await pending.answer()
      expect((await answer).body).toBe(answerTo('/in-progress'))
      expect(await idle.closed).toMatchObject({ reason: 'from the parent', drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'parent signal aborted while nothing is in progress → closes at once',
    appliesTo: (subject) => isHttp(subject),
    async run(t) {
      const parent = new AbortController()
      const idle = await t.serve({ patience: '1h', signal: parent.signal })
      const client = t.client()
      await client.ask('/now').answer
      parent.abort('from the parent')
      expect(await idle.closed).toMatchObject({ reason: 'from the parent', drained: 0, destroyed: 0 })
      expect(await client.ended).toEqual({ how: 'FIN' })
    },
  },
]

/** Blocks the event loop without using the processor. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
