import { ManualClock, turns, Warnings } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { IdleTracker } from '../src/tracker/idle-tracker.ts'

const PATIENCE = 60_000

type Answer = boolean | Promise<boolean>

/** Returns a tracker whose confirm returns these answers one after the other, and the times at which it was called. */
function setUp(...answers: (() => Answer)[]): { clock: ManualClock; tracker: IdleTracker; asked: number[] } {
  const clock = new ManualClock()
  const begin = clock.time
  const asked: number[] = []
  const confirm = (): Answer => {
    asked.push(clock.time - begin)
    const answer = answers[asked.length - 1]
    return answer === undefined || answer()
  }
  return { clock, tracker: new IdleTracker({ patience: PATIENCE, clock, confirm }), asked }
}

const never = (): Promise<boolean> => new Promise(() => {})

describe.each<[string, () => Answer]>([
  ['true', () => true],
  ['a promise of true', async () => true],
])('%s', (_, yes) => {
  test('the tracker ends at the deadline', async () => {
    const { clock, tracker, asked } = setUp(yes)
    await clock.advance(PATIENCE - 1)
    expect(asked).toEqual([])
    await clock.advance(1)
    expect(asked).toEqual([PATIENCE])
    expect(tracker.signal.aborted).toBe(true)
    expect(clock.timers).toBe(0)
  })
})

describe.each<[string, () => Answer]>([
  ['false', () => false],
  ['a promise of false', async () => false],
  // A JavaScript function may return any value.
  ['something truthy', () => JSON.parse('"yes"')],
  ['a promise of something truthy', async () => JSON.parse('1')],
  ['null', () => JSON.parse('null')],
])('%s', (_, no) => {
  test('the tracker waits for another patience, and asks again', async () => {
    const { clock, tracker, asked } = setUp(no, no)
    await clock.advance(PATIENCE)
    expect(tracker.deadline).toEqual(new Date(clock.date() + PATIENCE))
    await clock.advance(2 * PATIENCE - 1)
    expect(asked).toEqual([PATIENCE, 2 * PATIENCE])
    expect(tracker.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(asked).toEqual([PATIENCE, 2 * PATIENCE, 3 * PATIENCE])
    expect(tracker.signal.aborted).toBe(true)
  })
})

describe.each<[string, () => Answer]>([
  [
    'a throw',
    () => {
      throw new Error('broken on purpose')
    },
  ],
  ['a rejection', () => Promise.reject(new Error('broken on purpose'))],
])('%s', (_, fail) => {
  test('the tracker waits for another patience, and reports it once', async () => {
    using warnings = new Warnings()
    const { clock, tracker, asked } = setUp(fail, fail)
    await clock.advance(3 * PATIENCE - 1)
    expect(asked).toEqual([PATIENCE, 2 * PATIENCE])
    expect(tracker.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(tracker.signal.aborted).toBe(true)
    expect(warnings.codes).toEqual(['IDLE_CONFIRM_FAILED'])
    expect(warnings.list[0]?.detail).toContain('broken on purpose')
  })
})

test('waits for another patience when there is no answer within one', async () => {
  const { clock, tracker, asked } = setUp(never)
  await clock.advance(3 * PATIENCE - 1)
  expect(asked).toEqual([PATIENCE])
  expect(tracker.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(asked).toEqual([PATIENCE, 3 * PATIENCE])
  expect(tracker.signal.aborted).toBe(true)
})

test('ignores an answer that arrives too late', async () => {
  let answer: (yes: boolean) => void = () => {}
  const { clock, tracker, asked } = setUp(
    () =>
      new Promise((resolve) => {
        answer = resolve
      }),
    never,
  )
  await clock.advance(2 * PATIENCE)
  answer(true)
  await clock.advance(PATIENCE - 1)
  expect(asked).toEqual([PATIENCE])
  await clock.advance(1)
  expect(asked).toEqual([PATIENCE, 3 * PATIENCE])
  expect(tracker.signal.aborted).toBe(false)
})

test('ignores an answer that arrives while it asks again, and does not ask once more', async () => {
  let answer: (yes: boolean) => void = () => {}
  const { clock, tracker, asked } = setUp(
    () =>
      new Promise((resolve) => {
        answer = resolve
      }),
    never,
  )
  await clock.advance(3 * PATIENCE)
  answer(true)
  await clock.advance(PATIENCE - 1)
  expect(asked).toEqual([PATIENCE, 3 * PATIENCE])
  expect(tracker.signal.aborted).toBe(false)
})

test('asks once at a time', async () => {
  const { clock, tracker, asked } = setUp(never)
  await clock.advance(PATIENCE)
  for (let each = 0; each < 10; each++) tracker.hold().cancel()
  await clock.advance(PATIENCE / 2)
  expect(asked).toHaveLength(1)
})

test('does not ask while something is active', async () => {
  const { clock, tracker, asked } = setUp()
  tracker.hold()
  await clock.advance(5 * PATIENCE)
  expect(asked).toEqual([])
})

test('does not end when a hold begins while it asks, whatever the answer', async () => {
  let answer: (yes: boolean) => void = () => {}
  const { clock, tracker, asked } = setUp(
    () =>
      new Promise((resolve) => {
        answer = resolve
      }),
  )
  await clock.advance(PATIENCE)
  const hold = tracker.hold()
  answer(true)
  await clock.advance(PATIENCE * 2)
  expect(asked).toEqual([PATIENCE])
  expect(tracker.signal.aborted).toBe(false)
  hold.release()
  await clock.advance(PATIENCE - 1)
  expect(tracker.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(tracker.signal.aborted).toBe(true)
})

test.each<[string, (tracker: IdleTracker) => void]>([
  ['a hold that begins and is released', (tracker) => tracker.hold().release()],
  ['a touch', (tracker) => tracker.touch()],
])('waits for another patience after %s while it asks', async (_, activity) => {
  let answer: (yes: boolean) => void = () => {}
  const { clock, tracker } = setUp(
    () =>
      new Promise((resolve) => {
        answer = resolve
      }),
  )
  await clock.advance(PATIENCE + 1000)
  activity(tracker)
  answer(true)
  await clock.advance(PATIENCE - 1)
  expect(tracker.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(tracker.signal.aborted).toBe(true)
})

test('does not end when a hold begins in the second last look', async () => {
  const { clock, tracker, asked } = setUp()
  clock.step(PATIENCE)
  while (asked.length === 0) await turns(1)
  const hold = tracker.hold()
  await turns()
  expect(tracker.signal.aborted).toBe(false)
  hold.cancel()
  await clock.advance(0)
  expect(tracker.signal.aborted).toBe(true)
})

test('waits for an answer for a patience that is longer than a timer can be', async () => {
  const clock = new ManualClock()
  const tracker = new IdleTracker({ patience: 2 ** 32, clock, confirm: never })
  await clock.advance(2 ** 33)
  expect(tracker.signal.aborted).toBe(false)
})

describe.each<[string, (tracker: IdleTracker, parent: AbortController) => void, boolean]>([
  ['disposal', (tracker) => tracker[Symbol.dispose](), false],
  ['an abort of the parent', (_, parent) => parent.abort(), true],
])('%s while it asks', (_, stop, aborted) => {
  test.each([true, false])('leaves no timer, and ignores an answer of %s', async (yes) => {
    let answer: (yes: boolean) => void = () => {}
    const clock = new ManualClock()
    const parent = new AbortController()
    const confirm = (): Promise<boolean> =>
      new Promise((resolve) => {
        answer = resolve
      })
    const tracker = new IdleTracker({ patience: PATIENCE, clock, confirm, signal: parent.signal })
    await clock.advance(PATIENCE)
    stop(tracker, parent)
    const { reason } = tracker.signal
    expect(clock.timers).toBe(0)
    answer(yes)
    await turns()
    expect(clock.timers).toBe(0)
    await clock.advance(5 * PATIENCE)
    expect(tracker.signal.aborted).toBe(aborted)
    expect(tracker.signal.reason).toBe(reason)
  })
})
