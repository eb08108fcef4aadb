import type { IdleShutdownOptions } from '@idle-shutdown/core'
import { processWarning } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type Behaviour, isHttp } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'
import type { TestContext } from '../test-context.ts'
import { patiences } from '../test-context.ts'

/** Requests `paths` one after the other while time passes, and expects that no request moves the deadline. */
async function leavesDeadline(t: TestContext, options: IdleShutdownOptions, paths: readonly string[]): Promise<void> {
  const clock = t.stopTime()
  const { tracker } = await t.serve({ patience: '1m', clock, ...options })
  tracker.touch()
  const { deadline } = tracker
  const kept = t.client()
  for (const path of [...paths, ...paths]) {
    for (const isKept of [true, false]) {
      const client = isKept ? kept : t.client()
      clock.step(1000)
      const { answer } = client.ask(path)
      const pending = await t.requests.next()
      expect(tracker.active).toBe(0)
      expect(tracker.explain().ignored).toBe(1)
      clock.step(1000)
      await pending.answer()
      expect((await answer).body).toBe(answerTo(path))
      expect(tracker.deadline).toEqual(deadline)
      if (isKept) continue
      client.destroy()
      await t.disconnected(-1)
      expect(tracker.deadline).toEqual(deadline)
    }
  }
  // Any other request still moves the deadline.
  const { answer } = kept.ask('/counted')
  const pending = await t.requests.next()
  expect(tracker.active).toBe(1)
  await pending.answer()
  await answer
  expect(tracker.deadline).toEqual(new Date(clock.date() + 60_000))
}

const kinds: readonly [name: string, ignore: NonNullable<IdleShutdownOptions['ignore']>, paths: readonly string[]][] = [
  ['a path', '/healthz', ['/healthz', '/healthz?deep=1']],
  ['a RegExp with the g flag', /^\/health/g, ['/healthz', '/health/live']],
  ['one of several', ['/metrics', /^\/health/, () => false], ['/metrics', '/healthz']],
]

/** Requests that are answered and do not count as activity. */
export const ignored: readonly Behaviour[] = [
  ...(['connections', 'requests'] as const).flatMap((activity) =>
    kinds.map(
      ([name, ignore, paths]): Behaviour => ({
        name: `request ignored by ${name}, '${activity}' → the deadline stays where it was, on fresh and on kept connections`,
        unix: activity === 'connections' && name === 'a path',
        run: (t) => leavesDeadline(t, { ignore, activity }, paths),
      }),
    ),
  ),
  {
    name: 'request ignored by a function of its method, url and headers → the deadline stays where it was',
    run: (t) =>
      leavesDeadline(
        t,
        { ignore: ({ method, url, headers }) => method === 'GET' && url === '/asked' && headers['x-no'] === undefined },
        ['/asked'],
      ),
  },
  ...(['connections', 'requests'] as const).map(
    (activity): Behaviour => ({
      name: `request that its route marks as ignored, '${activity}' → the deadline stays where it was`,
      appliesTo: (subject) => isHttp(subject) && subject.ignoredRoute !== undefined,
      run: (t) => leavesDeadline(t, { activity }, [t.subject.ignoredRoute ?? '']),
    }),
  ),
  {
    name: 'ignore that throws → the request counts; one process warning, and the server ends anyway',
    alone: true,
    async run(t) {
      const idle = await t.serve({
        ignore: () => {
          throw new Error('from ignore')
        },
      })
      const warning = processWarning('IDLE_IGNORE_FAILED')
      for (const path of ['/one', '/two']) {
        const { answer } = t.client().ask(path)
        const pending = await t.requests.next()
        expect(idle.tracker.active).toBe(1)
        await pending.answer()
        await answer
      }
      expect((await warning).message).toContain('ignore')
      await t.expectIdleEnd()
    },
  },
  {
    name: 'deadline passes in the middle of an ignored request → it is answered, then fires',
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ ignore: '/healthz', patience: 1000, clock })
      idle.tracker.touch()
      const { answer } = t.client().ask('/healthz')
      const pending = await t.requests.next()
      clock.step(5000)
      await t.settle()
      expect(idle.signal.aborted).toBe(false)
      expect(idle.tracker.explain().state).toBe('suspended')
      await pending.answer()
      expect((await answer).body).toBe(answerTo('/healthz'))
      clock.step(1)
      await t.settle()
      expect(idle.signal.aborted).toBe(true)
      await idle.closed
    },
  },
  {
    name: 'health check more often than the patience, on fresh connections → fires anyway',
    async run(t) {
      const idle = await t.serve({ ignore: '/now', startupPatience: '1h' })
      idle.tracker.touch()
      let checks = 0
      while (!idle.signal.aborted) {
        const client = t.client()
        const outcome = await client.ask('/now').answer.catch((error: NodeJS.ErrnoException) => error.code)
        client.destroy()
        await patiences(1 / 4)
        // The request fails once the server has closed its listener.
        if (typeof outcome === 'object') checks++
        else expect(idle.signal.aborted).toBe(true)
      }
      expect(checks).toBeGreaterThan(0)
      await t.expectIdleEnd()
    },
  },
]
