import { once } from 'node:events'
import { processWarning } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type Behaviour, isAny, isHttp1 } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'
import { patiences } from '../test-context.ts'

/** The ways in which a server ends, and the state after the end. */
export const closing: readonly Behaviour[] = [
  {
    name: 'close() → the signal aborts at once with an AbortError, and closed resolves with it',
    appliesTo: isAny,
    unix: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const closed = idle.close()
      expect(idle.signal.aborted).toBe(true)
      expect(idle.signal.reason).toMatchObject({ name: 'AbortError' })
      expect(await closed).toEqual({
        reason: idle.signal.reason,
        duration: expect.any(Number),
        drained: 0,
        destroyed: 0,
        abandoned: 0,
      })
      expect(t.server.listening).toBe(false)
    },
  },
  {
    name: 'close(reason) → the signal’s reason',
    appliesTo: isAny,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const report = await idle.close('deploy')
      expect(idle.signal.reason).toBe('deploy')
      expect(report.reason).toBe('deploy')
    },
  },
  {
    name: 'close() twice, and during the drain → one drain, one report',
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const { closed } = idle
      const { answer } = t.client().ask('/once')
      const pending = await t.requests.next()
      let aborts = 0
      idle.signal.addEventListener('abort', () => aborts++)
      const first = idle.close('first')
      const second = idle.close('second')
      await t.settle()
      const third = idle.close('third')
      await pending.answer()
      await answer
      const report = await first
      expect(report).toMatchObject({ reason: 'first', drained: 1 })
      expect(await second).toBe(report)
      expect(await third).toBe(report)
      expect(await closed).toBe(report)
      expect(aborts).toBe(1)
    },
  },
  {
    name: 'close() from an abort listener → the same drain',
    appliesTo: isAny,
    async run(t) {
      const idle = await t.serve()
      let inner: Promise<unknown> | undefined
      idle.signal.addEventListener('abort', () => {
        inner = idle.close('from the listener')
      })
      idle.tracker.touch()
      const report = await t.expectIdleEnd()
      expect(await inner).toBe(report)
    },
  },
  {
    name: 'abort listener that throws → a process warning, and the drain goes on',
    alone: true,
    appliesTo: isAny,
    async run(t) {
      const idle = await t.serve()
      const warning = processWarning('IDLE_LISTENER_FAILED')
      let called = false
      idle.signal.addEventListener('abort', () => {
        throw new Error('from a listener')
      })
      idle.signal.addEventListener('abort', () => {
        called = true
      })
      idle.tracker.touch()
      await t.expectIdleEnd()
      expect(called).toBe(true)
      expect((await warning).name).toBe('IdleShutdownWarning')
    },
  },
  {
    name: 'abort listener that rejects → a process warning, and the drain goes on',
    alone: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const warning = processWarning('IDLE_LISTENER_FAILED')
      idle.signal.addEventListener('abort', async () => {
        throw new Error('from an asynchronous listener')
      })
      await idle.close()
      await warning
    },
  },
  {
    name: 'the user’s own server.close() → what is in progress is answered, then the signal aborts, closed resolves',
    unix: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const { answer } = t
        .client()
        .ask('/in-progress', { headers: t.subject.protocol === 'h2' ? {} : { connection: 'close' } })
      const pending = await t.requests.next()
      const closed = once(t.server, 'close')
      t.server.close()
      await t.settle()
      expect(idle.signal.aborted).toBe(false)
      await pending.answer()
      expect((await answer).body).toBe(answerTo('/in-progress'))
      // An HTTP/2 session stays open forever. This is Node's own behaviour, and nothing overrides it (Node 20-22).
      t.closeClients()
      await closed
      expect(idle.signal.reason).toMatchObject({ name: 'AbortError' })
      expect(await idle.closed).toMatchObject({ reason: idle.signal.reason, destroyed: 0 })
    },
  },
  {
    name: 'the user’s own server.close() with nothing in progress → the end, too, and no timer is left',
    appliesTo: isAny,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ clock })
      expect(clock.timers).toBe(1)
      t.server.close()
      await once(idle.signal, 'abort')
      expect(idle.signal.reason).toMatchObject({ name: 'AbortError' })
      expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
      expect(clock.timers).toBe(0)
    },
  },
  {
    name: 'the user’s own server.close() with a kept connection → closed at once, by Node itself',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const client = t.client()
      await client.ask('/now').answer
      await t.settle()
      const closed = once(t.server, 'close')
      t.server.close()
      await closed
      expect(await client.ended).toEqual({ how: 'FIN' })
      expect((await idle.closed).reason).toMatchObject({ name: 'AbortError' })
    },
  },
  {
    name: 'listener of closed that rejects → the report for every other listener, and nothing is left',
    appliesTo: isAny,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ clock })
      const failing = idle.closed.then(() => {
        throw new Error('from a listener of closed')
      })
      const beside = idle.closed.then((report) => report)
      const report = await idle.close()
      // The error rejects only the promise of the failing listener.
      await expect(failing).rejects.toThrow('from a listener of closed')
      expect(await beside).toBe(report)
      expect(await idle.close()).toBe(report)
      expect(t.server.listening).toBe(false)
      // Runs the timer of IDLE_STILL_RUNNING. There is none if another server of this process was opened since.
      clock.step(3000)
      expect(clock.timers).toBe(0)
    },
  },
  {
    name: 'after the end → hold, touch and waitUntil do nothing',
    appliesTo: isAny,
    async run(t) {
      const idle = await t.serve()
      const { tracker } = idle
      await idle.close()
      const hold = tracker.hold()
      tracker.touch()
      expect(tracker.active).toBe(0)
      expect(tracker.deadline).toBeUndefined()
      hold.release()
      await expect(tracker.waitUntil(Promise.resolve('done'))).resolves.toBe('done')
      expect(tracker.explain()).toMatchObject({ state: 'ended', active: 0, ignored: 0 })
    },
  },
  {
    name: 'tracker disposed → the clock stands still, close() still drains',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve()
      const { answer } = t.client().ask('/answered')
      const pending = await t.requests.next()
      idle.tracker[Symbol.dispose]()
      await pending.answer()
      await answer
      await patiences(2)
      expect(idle.signal.aborted).toBe(false)
      await idle.close()
      expect(t.server.listening).toBe(false)
    },
  },
]
