import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import { ManualClock } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { IdleTracker } from '../src/tracker/idle-tracker.ts'

// The ends of a tracker other than by its deadline, and its behavior afterwards.

const PATIENCE = 60_000

describe('the parent', () => {
  test.each([['SIGTERM'], [new Error('the operator said so')], [null], [0]])('passes on its reason: %o', (reason) => {
    const clock = new ManualClock()
    const parent = new AbortController()
    const tracker = new IdleTracker({ patience: PATIENCE, clock, signal: parent.signal })
    tracker.hold()
    let calls = 0
    tracker.signal.addEventListener('abort', () => calls++)
    parent.abort(reason)
    expect(calls).toBe(1)
    expect(tracker.signal.reason).toBe(reason)
    expect(clock.timers).toBe(0)
  })

  test('without a reason passes on its AbortError', () => {
    const parent = new AbortController()
    const tracker = new IdleTracker({ signal: parent.signal, clock: new ManualClock() })
    parent.abort()
    expect(tracker.signal.reason).toBe(parent.signal.reason)
    expect(tracker.signal.reason).toMatchObject({ name: 'AbortError' })
  })

  test('ends the tracker at construction if it has aborted already', () => {
    const clock = new ManualClock()
    const signal = AbortSignal.abort('SIGTERM')
    const tracker = new IdleTracker({ patience: PATIENCE, clock, signal })
    expect(tracker.signal).toMatchObject({ aborted: true, reason: 'SIGTERM' })
    expect(tracker.explain().state).toBe('ended')
    expect(clock.timers).toBe(0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test.each<[string, (tracker: IdleTracker, clock: ManualClock) => unknown]>([
    ['the deadline', (_, clock) => clock.advance(PATIENCE)],
    ['disposal', (tracker) => tracker[Symbol.dispose]()],
  ])('has no listener left after %s', async (_, end) => {
    const clock = new ManualClock()
    const parent = new AbortController()
    const tracker = new IdleTracker({ patience: PATIENCE, clock, signal: parent.signal })
    let calls = 0
    tracker.signal.addEventListener('abort', () => calls++)
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(1)
    await end(tracker, clock)
    expect(getEventListeners(parent.signal, 'abort')).toEqual([])
    const { aborted, reason } = tracker.signal
    parent.abort('SIGTERM')
    expect(tracker.signal).toMatchObject({ aborted, reason })
    expect(calls).toBe(aborted ? 1 : 0)
  })

  test('does not warn of many listeners when it has many trackers', () => {
    const parent = new AbortController()
    const trackers = Array.from(
      { length: 5 },
      () => new IdleTracker({ signal: parent.signal, clock: new ManualClock() }),
    )
    parent.abort('SIGTERM')
    expect(trackers.map(({ signal }) => signal.reason)).toEqual(Array(5).fill('SIGTERM'))
  })

  test('changes nothing when it aborts within a listener of the idle signal', async () => {
    const clock = new ManualClock()
    const parent = new AbortController()
    const tracker = new IdleTracker({ patience: PATIENCE, clock, signal: parent.signal })
    let calls = 0
    tracker.signal.addEventListener('abort', () => {
      calls++
      parent.abort('too late')
    })
    await clock.advance(5 * PATIENCE)
    expect(calls).toBe(1)
    expect(tracker.signal.reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT' })
  })
})

describe('disposal', () => {
  test('stops the clock, and leaves no timer', async () => {
    const clock = new ManualClock()
    const tracker = new IdleTracker({ patience: PATIENCE, clock })
    tracker[Symbol.dispose]()
    tracker[Symbol.dispose]()
    expect(clock.timers).toBe(0)
    expect(tracker.deadline).toBeUndefined()
    tracker.touch()
    tracker.hold().release()
    await clock.advance(10 * PATIENCE)
    expect(tracker.signal.aborted).toBe(false)
    expect(clock.timers).toBe(0)
    expect(tracker.explain().state).toBe('disposed')
  })

  test('happens at the end of the scope with using', () => {
    const clock = new ManualClock()
    {
      using tracker = new IdleTracker({ patience: PATIENCE, clock })
      expect(tracker.active).toBe(0)
      expect(clock.timers).toBe(1)
    }
    expect(clock.timers).toBe(0)
  })

  test('leaves no timer while a hold is open, whose release then does nothing', async () => {
    const clock = new ManualClock()
    const tracker = new IdleTracker({ patience: PATIENCE, clock })
    const hold = tracker.hold('job')
    tracker[Symbol.dispose]()
    hold.release()
    expect(clock.timers).toBe(0)
    expect(tracker.active).toBe(0)
    await clock.advance(10 * PATIENCE)
    expect(tracker.signal.aborted).toBe(false)
  })

  test('leaves no timer while a hold with a maxAge is open', () => {
    const clock = new ManualClock()
    const tracker = new IdleTracker({ patience: PATIENCE, clock })
    tracker.hold('job', { maxAge: '1h' })
    tracker[Symbol.dispose]()
    expect(clock.timers).toBe(0)
  })

  test('changes nothing after the end', async () => {
    const clock = new ManualClock()
    const tracker = new IdleTracker({ patience: PATIENCE, clock })
    await clock.advance(PATIENCE)
    tracker[Symbol.dispose]()
    expect(tracker.explain().state).toBe('ended')
  })
})

describe('waitUntil', () => {
  test('holds until the work is done, resolves with its value, and starts the patience again', async () => {
    const clock = new ManualClock()
    const tracker = new IdleTracker({ patience: PATIENCE, clock })
    let finish: (result: number) => void = () => {}
    const work = new Promise<number>((resolve) => {
      finish = resolve
    })
    const outcome = tracker.waitUntil(work, 'report')
    expect(tracker.explain().reasons).toMatchObject([{ kind: 'hold', label: 'report' }])
    await clock.advance(5 * PATIENCE)
    expect(tracker.signal.aborted).toBe(false)
    finish(42)
    expect(await outcome).toBe(42)
    expect(tracker.active).toBe(0)
    expect(tracker.deadline).toEqual(new Date(clock.date() + PATIENCE))
  })

  test('rejects as the work does, and releases', async () => {
    const clock = new ManualClock()
    const tracker = new IdleTracker({ patience: PATIENCE, clock })
    const error = new Error('broken on purpose')
    await expect(tracker.waitUntil(Promise.reject(error))).rejects.toBe(error)
    expect(tracker.active).toBe(0)
    await clock.advance(PATIENCE)
    expect(tracker.signal.aborted).toBe(true)
  })

  test('takes a value that is not a promise as done', async () => {
    const tracker = new IdleTracker({ clock: new ManualClock() })
    expect(await Reflect.apply(tracker.waitUntil, tracker, [5])).toBe(5)
    expect(tracker.active).toBe(0)
  })
})

describe('after the end', () => {
  test.each<[string, (clock: ManualClock, parent: AbortController) => unknown]>([
    ['by the deadline', (clock) => clock.advance(PATIENCE)],
    ['by the parent', (_, parent) => parent.abort('SIGTERM')],
  ])('hold, touch and waitUntil do nothing after %s', async (_, end) => {
    const clock = new ManualClock()
    const parent = new AbortController()
    const tracker = new IdleTracker({ patience: PATIENCE, clock, signal: parent.signal })
    await end(clock, parent)
    const { timerOperations } = clock
    const { reason } = tracker.signal
    tracker.touch()
    const hold = tracker.hold('late', { maxAge: '1s' })
    expect(tracker.active).toBe(0)
    expect(await tracker.waitUntil(Promise.resolve('done'))).toBe('done')
    await expect(tracker.waitUntil(Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    hold.release()
    expect(tracker.active).toBe(0)
    expect(tracker.deadline).toBeUndefined()
    await clock.advance(10 * PATIENCE)
    expect(clock.timerOperations).toBe(timerOperations)
    expect(tracker.signal.reason).toBe(reason)
  })

  test('releases a hold that began before the end', () => {
    const clock = new ManualClock()
    const parent = new AbortController()
    const tracker = new IdleTracker({ patience: PATIENCE, clock, signal: parent.signal })
    const hold = tracker.hold()
    parent.abort()
    expect(tracker.active).toBe(1)
    hold.release()
    expect(tracker.active).toBe(0)
    expect(clock.timers).toBe(0)
  })
})

test('calls confirm and abort listeners in the store in which the tracker was made, whatever the clock does', async () => {
  const store = new AsyncLocalStorage<string>()
  const clock = new ManualClock()
  const seen: unknown[] = []
  const confirm = (): boolean => seen.push(store.getStore()) > 0
  const tracker = store.run('maker', () => new IdleTracker({ patience: PATIENCE, clock, confirm }))
  tracker.signal.addEventListener('abort', () => seen.push(store.getStore()))
  await store.run('clock', () => clock.advance(PATIENCE))
  expect(seen).toEqual(['maker', 'maker'])
})
