import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { IdleShutdownOptions } from '@idle-shutdown/core'
import { type ManualClock, processWarning } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { WebSocketServer } from 'ws'
import { type Behaviour, isAny, isHttp, isHttp1 } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'
import type { TestContext } from '../test-context.ts'

/** Milliseconds without activity, much less than the patience. */
const AFTER = 5000

/** Serves with a stopped clock, and records each call of `release` and of the function that it returns. */
async function serve(
  t: TestContext,
  options: IdleShutdownOptions = {},
  prepare?: Parameters<TestContext['serve']>[1],
): Promise<{ readonly clock: ManualClock; readonly calls: string[] }> {
  const clock = t.stopTime()
  const idle = await t.serve({ patience: '1h', clock, ...options }, prepare)
  const calls: string[] = []
  const undo = idle.onQuiet(AFTER, () => {
    calls.push('quiet')
    return () => calls.push('back')
  })
  t.defer(() => undo[Symbol.dispose]())
  return { clock, calls }
}

/** Lets time pass until the server has been quiet. */
async function quieten(t: TestContext, clock: ManualClock, calls: readonly string[]): Promise<void> {
  await t.settle()
  // A check while something is active, and one that fires.
  for (let check = 0; check < 2; check++) clock.step(AFTER)
  await t.settle()
  expect(calls.at(-1)).toBe('quiet')
}

/** Asks for each path, on a kept and on a fresh connection, and expects `calls` not to change. */
async function leavesQuiet(t: TestContext, options: IdleShutdownOptions, path: string): Promise<void> {
  const { clock, calls } = await serve(t, options)
  const kept = t.client()
  await quieten(t, clock, calls)
  for (const client of [kept, kept, t.client()]) {
    const { answer } = client.ask(path)
    const pending = await t.requests.next()
    clock.step(1000)
    await pending.answer()
    expect((await answer).body).toBe(answerTo(path))
    expect(calls).toEqual(['quiet'])
  }
  clock.step(10 * AFTER)
  expect(calls).toEqual(['quiet'])
  // Any other request is an activity.
  const { answer } = kept.ask('/counted')
  const pending = await t.requests.next()
  expect(calls).toEqual(['quiet', 'back'])
  await pending.answer()
  await answer
}

/** Times without activity, and the next activity. */
export const quiet: readonly Behaviour[] = [
  {
    name: 'no activity for the time of onQuiet → release; the next request → its function, and so on, while the end stays',
    appliesTo: isHttp,
    async run(t) {
      const { clock, calls } = await serve(t)
      const client = t.client()
      for (let time = 0; time < 3; time++) {
        calls.length = 0
        const { answer } = client.ask('/wakes')
        const pending = await t.requests.next()
        expect(calls).toEqual(time === 0 ? [] : ['back'])
        clock.step(10 * AFTER)
        expect(calls).toEqual(time === 0 ? [] : ['back'])
        await pending.answer()
        expect((await answer).body).toBe(answerTo('/wakes'))
        await t.settle()
        calls.length = 0
        clock.step(AFTER - 1)
        expect(calls).toEqual([])
        clock.step(1)
        expect(calls).toEqual(['quiet'])
      }
      expect(t.idle.signal.aborted).toBe(false)
      clock.step(3_600_000 - AFTER)
      await t.settle()
      expect(t.idle.signal.aborted).toBe(true)
      expect(calls).toEqual(['quiet'])
    },
  },
  ...(['connections', 'requests'] as const).map(
    (activity): Behaviour => ({
      name: `request ignored by a path while quiet, '${activity}' → no activity, on fresh and on kept connections`,
      appliesTo: isHttp,
      run: (t) => leavesQuiet(t, { ignore: '/healthz', activity }, '/healthz'),
    }),
  ),
  {
    name: 'connection that sends no request while quiet → an activity within the time of onQuiet',
    appliesTo: isHttp1,
    async run(t) {
      const { clock, calls } = await serve(t)
      await quieten(t, clock, calls)
      await t.raw()
      clock.step(AFTER)
      expect(calls).toEqual(['quiet', 'back'])
    },
  },
  {
    name: "connection that sends no request while quiet, 'requests' → no activity",
    appliesTo: isHttp1,
    async run(t) {
      const { clock, calls } = await serve(t, { activity: 'requests' })
      await quieten(t, clock, calls)
      await t.raw()
      clock.step(10 * AFTER)
      expect(calls).toEqual(['quiet'])
    },
  },
  {
    name: 'connection of a net or tls server while quiet → an activity at once, until it closes',
    appliesTo: ({ protocol }) => protocol === 'raw',
    unix: true,
    async run(t) {
      const { clock, calls } = await serve(t)
      await quieten(t, clock, calls)
      const raw = await t.raw()
      expect(calls).toEqual(['quiet', 'back'])
      clock.step(10 * AFTER)
      expect(calls).toEqual(['quiet', 'back'])
      raw.destroy()
      await t.disconnected(0)
      await quieten(t, clock, calls)
      expect(calls).toEqual(['quiet', 'back', 'quiet'])
    },
  },
  {
    name: 'hold and touch while quiet → an activity at once',
    appliesTo: isAny,
    async run(t) {
      const { clock, calls } = await serve(t)
      await quieten(t, clock, calls)
      t.idle.tracker.hold('a job').release()
      await quieten(t, clock, calls)
      t.idle.tracker.touch()
      expect(calls).toEqual(['quiet', 'back', 'quiet', 'back'])
    },
  },
  {
    name: "upgraded socket while quiet → an activity at once; upgrades 'traffic' → its bytes within the time of onQuiet",
    appliesTo: isHttp1,
    async run(t) {
      const accepting = new WebSocketServer({ noServer: true })
      const { clock, calls } = await serve(t, { upgrades: 'traffic' }, (server) => {
        server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
          accepting.handleUpgrade(request, socket, head, () => {})
        })
      })
      await quieten(t, clock, calls)
      const client = await t.websocket()
      expect(calls).toEqual(['quiet', 'back'])
      await quieten(t, clock, calls)
      clock.step(10 * AFTER)
      expect(calls).toEqual(['quiet', 'back', 'quiet'])
      await t.hasRead(async () => client.send('bytes'))
      clock.step(AFTER)
      expect(calls).toEqual(['quiet', 'back', 'quiet', 'back'])
    },
  },
  {
    name: 'release that fails → one process warning, and it is called at the next quiet, too',
    appliesTo: isAny,
    alone: true,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: '1h', clock })
      const warning = processWarning('IDLE_QUIET_FAILED')
      let calls = 0
      idle.onQuiet(AFTER, () => {
        calls++
        throw new Error('from release')
      })
      for (let time = 0; time < 2; time++) {
        clock.step(AFTER)
        idle.tracker.touch()
      }
      expect(calls).toBe(2)
      expect(await warning).toMatchObject({ detail: expect.stringContaining('from release') })
    },
  },
  {
    name: 'undo of onQuiet, and an end, while quiet → nothing is called any more',
    appliesTo: isAny,
    async run(t) {
      const { clock, calls } = await serve(t)
      let undone = 0
      const undo = t.idle.onQuiet(AFTER, () => () => undone++)
      await quieten(t, clock, calls)
      undo[Symbol.dispose]()
      t.idle.tracker.touch()
      expect(undone).toBe(0)
      await quieten(t, clock, calls)
      await t.idle.close()
      clock.step(10 * AFTER)
      expect(calls).toEqual(['quiet', 'back', 'quiet'])
    },
  },
]
