import { expect, test } from 'vitest'
import { ManualClock, turns } from '../test/manual-clock.ts'
import { refusal } from '../test/refusal.ts'
import { Warnings } from '../test/warnings.ts'
import { IdleTracker } from './idle-tracker.ts'

const PATIENCE = 60_000

function setUp(): { clock: ManualClock; tracker: IdleTracker } {
  const clock = new ManualClock()
  return { clock, tracker: new IdleTracker({ patience: PATIENCE, clock }) }
}

/** Returns the time from now until the tracker ends, if nothing else happens. */
async function untilEnd(tracker: IdleTracker, clock: ManualClock): Promise<number> {
  const begin = clock.time
  let end = Number.POSITIVE_INFINITY
  tracker.signal.addEventListener('abort', () => {
    end = clock.time
  })
  await clock.advance(10 * PATIENCE)
  return end - begin
}

test('holds for however long it takes', async () => {
  const { clock, tracker } = setUp()
  tracker.hold()
  await clock.advance(100 * PATIENCE)
  expect(tracker.signal.aborted).toBe(false)
  expect(tracker.active).toBe(1)
  expect(tracker.deadline).toBeUndefined()
})

test('a release starts the clock anew', async () => {
  const { clock, tracker } = setUp()
  const hold = tracker.hold()
  await clock.advance(40_000)
  hold.release()
  expect(tracker.active).toBe(0)
  expect(tracker.deadline).toEqual(new Date(clock.date() + PATIENCE))
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE)
})

test('a release long after the old deadline starts the clock anew', async () => {
  const { clock, tracker } = setUp()
  const hold = tracker.hold()
  await clock.advance(7 * PATIENCE)
  hold.release()
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE)
})

test('a cancel leaves the old deadline', async () => {
  const { clock, tracker } = setUp()
  const { deadline } = tracker
  const hold = tracker.hold()
  await clock.advance(40_000)
  hold.cancel()
  expect(tracker.deadline).toEqual(deadline)
  expect(await untilEnd(tracker, clock)).toBe(20_000)
})

test('a cancel after the old deadline lets it end at once', async () => {
  const { clock, tracker } = setUp()
  const hold = tracker.hold()
  await clock.advance(3 * PATIENCE)
  hold.cancel()
  expect(tracker.signal.aborted).toBe(false)
  expect(await untilEnd(tracker, clock)).toBe(0)
})

test('a cancel leaves the deadline that another activity has set meanwhile', async () => {
  const { clock, tracker } = setUp()
  const cancelled = tracker.hold()
  const released = tracker.hold()
  await clock.advance(10_000)
  released.release()
  await clock.advance(20_000)
  cancelled.cancel()
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE - 20_000)
})

test('a cancel leaves the deadline of a touch', async () => {
  const { clock, tracker } = setUp()
  const cancelled = tracker.hold()
  await clock.advance(10_000)
  tracker.touch()
  await clock.advance(20_000)
  cancelled.cancel()
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE - 20_000)
})

test.each(['release', 'cancel'] as const)('a second %s takes nobody else’s hold', async (end) => {
  const { clock, tracker } = setUp()
  const mine = tracker.hold()
  const theirs = tracker.hold()
  mine[end]()
  mine[end]()
  mine.release()
  mine.cancel()
  mine[Symbol.dispose]()
  expect(tracker.active).toBe(1)
  await clock.advance(5 * PATIENCE)
  expect(tracker.signal.aborted).toBe(false)
  theirs.release()
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE)
})

test('a release of what was cancelled renews nothing', async () => {
  const { clock, tracker } = setUp()
  const hold = tracker.hold()
  hold.cancel()
  await clock.advance(30_000)
  hold.release()
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE - 30_000)
})

test('using releases', () => {
  const { clock, tracker } = setUp()
  {
    using hold = tracker.hold('import')
    expect(hold.label).toBe('import')
    expect(tracker.active).toBe(1)
    clock.step(5)
  }
  expect(tracker.active).toBe(0)
  expect(tracker.deadline).toEqual(new Date(clock.date() + PATIENCE))
})

test('a hold that was forgotten is released, and a warning names it', async () => {
  using warnings = new Warnings()
  const { clock, tracker } = setUp()
  const hold = tracker.hold('report', { maxAge: '2h' })
  await clock.advance(7_199_999)
  expect(tracker.active).toBe(1)
  await clock.advance(1)
  expect(tracker.active).toBe(0)
  await turns()
  expect(warnings.codes).toEqual(['IDLE_HOLD_EXPIRED'])
  expect(warnings.list[0]?.message).toContain("'report'")
  hold.release()
  expect(tracker.active).toBe(0)
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE)
})

test('a forgotten hold whose label has line breaks is one line of warning', async () => {
  using warnings = new Warnings()
  const { clock, tracker } = setUp()
  tracker.hold('report\nidle-shutdown: all is well\u001b[2J', { maxAge: '2h' })
  await clock.advance(7_200_000)
  await turns()
  expect(warnings.list[0]?.message).not.toMatch(/\p{Cc}/u)
})

test.each(['release', 'cancel'] as const)('a hold that ends by %s in time leaves no timer', async (end) => {
  using warnings = new Warnings()
  const { clock, tracker } = setUp()
  tracker.hold('report', { maxAge: '30d' })[end]()
  expect(clock.timers).toBe(1)
  await clock.advance(31 * 86_400_000)
  expect(warnings.list).toEqual([])
  expect(tracker.signal.aborted).toBe(true)
})

test('a maxAge of Infinity is none', () => {
  const { clock, tracker } = setUp()
  tracker.hold('report', { maxAge: Number.POSITIVE_INFINITY })
  expect(clock.timers).toBe(1)
})

test.each<[unknown[], string]>([
  [['job', { maxAge: 0 }], 'ERR_IDLE_INVALID_DURATION: maxAge is 0;'],
  [['job', { maxAge: 'soon' }], "ERR_IDLE_INVALID_DURATION: maxAge is 'soon';"],
  [['job', { maxAge: null }], 'ERR_IDLE_INVALID_DURATION: maxAge is null;'],
  [['job', { maxage: 5 }], "ERR_IDLE_UNKNOWN_OPTION: Unknown option 'maxage'; accepted are maxAge"],
  [['job', null], 'ERR_IDLE_INVALID_OPTION: options is null;'],
  [['job', 5], 'ERR_IDLE_INVALID_OPTION: options is 5;'],
  [[{ maxAge: 5 }], 'ERR_IDLE_INVALID_OPTION: label is { maxAge: 5 };'],
  [[null], 'ERR_IDLE_INVALID_OPTION: label is null;'],
])('refuses %o, and holds nothing', (wrong, said) => {
  const { clock, tracker } = setUp()
  expect(refusal(() => Reflect.apply(tracker.hold, tracker, wrong))).toContain(said)
  expect(tracker.active).toBe(0)
  expect(clock.timers).toBe(1)
})

test('the hold of an ended tracker holds nothing', async () => {
  const { clock, tracker } = setUp()
  await clock.advance(PATIENCE)
  const operations = clock.timerOperations
  const hold = tracker.hold('late', { maxAge: 5 })
  expect(hold.label).toBe('late')
  expect(tracker.active).toBe(0)
  hold.release()
  hold.cancel()
  hold[Symbol.dispose]()
  expect(tracker.active).toBe(0)
  expect(clock.timerOperations).toBe(operations)
})
