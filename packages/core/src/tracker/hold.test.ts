import { ManualClock, turns, Warnings } from '@idle-shutdown/testing'
import { expect, test } from 'vitest'
import { refusal } from '../../test/refusal.ts'
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

test('holds until it is released, however long', async () => {
  const { clock, tracker } = setUp()
  tracker.hold()
  await clock.advance(100 * PATIENCE)
  expect(tracker.signal.aborted).toBe(false)
  expect(tracker.active).toBe(1)
  expect(tracker.deadline).toBeUndefined()
})

test('starts the patience again when it is released', async () => {
  const { clock, tracker } = setUp()
  const hold = tracker.hold()
  await clock.advance(40_000)
  hold.release()
  expect(tracker.active).toBe(0)
  expect(tracker.deadline).toEqual(new Date(clock.date() + PATIENCE))
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE)
})

test('starts the patience again when it is released long after the old deadline', async () => {
  const { clock, tracker } = setUp()
  const hold = tracker.hold()
  await clock.advance(7 * PATIENCE)
  hold.release()
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE)
})

test('leaves the old deadline when it is cancelled', async () => {
  const { clock, tracker } = setUp()
  const { deadline } = tracker
  const hold = tracker.hold()
  await clock.advance(40_000)
  hold.cancel()
  expect(tracker.deadline).toEqual(deadline)
  expect(await untilEnd(tracker, clock)).toBe(20_000)
})

test('lets the tracker end at once when it is cancelled after the old deadline', async () => {
  const { clock, tracker } = setUp()
  const hold = tracker.hold()
  await clock.advance(3 * PATIENCE)
  hold.cancel()
  expect(tracker.signal.aborted).toBe(false)
  expect(await untilEnd(tracker, clock)).toBe(0)
})

test('leaves the deadline of another activity when it is cancelled', async () => {
  const { clock, tracker } = setUp()
  const cancelled = tracker.hold()
  const released = tracker.hold()
  await clock.advance(10_000)
  released.release()
  await clock.advance(20_000)
  cancelled.cancel()
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE - 20_000)
})

test('leaves the deadline of a touch when it is cancelled', async () => {
  const { clock, tracker } = setUp()
  const cancelled = tracker.hold()
  await clock.advance(10_000)
  tracker.touch()
  await clock.advance(20_000)
  cancelled.cancel()
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE - 20_000)
})

test.each(['release', 'cancel'] as const)('does not end another hold by a second %s', async (end) => {
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

test('renews nothing when it is released after it was cancelled', async () => {
  const { clock, tracker } = setUp()
  const hold = tracker.hold()
  hold.cancel()
  await clock.advance(30_000)
  hold.release()
  expect(await untilEnd(tracker, clock)).toBe(PATIENCE - 30_000)
})

test('releases at the end of its scope with using', () => {
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

test('releases a forgotten hold, with a warning that names it', async () => {
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

test('warns in one line when the label of a forgotten hold has line breaks', async () => {
  using warnings = new Warnings()
  const { clock, tracker } = setUp()
  tracker.hold('report\nidle-shutdown: all is well\u001b[2J', { maxAge: '2h' })
  await clock.advance(7_200_000)
  await turns()
  expect(warnings.list[0]?.message).not.toMatch(/\p{Cc}/u)
})

test.each(['release', 'cancel'] as const)('leaves no timer when it ends by %s in time', async (end) => {
  using warnings = new Warnings()
  const { clock, tracker } = setUp()
  tracker.hold('report', { maxAge: '30d' })[end]()
  expect(clock.timers).toBe(1)
  await clock.advance(31 * 86_400_000)
  expect(warnings.list).toEqual([])
  expect(tracker.signal.aborted).toBe(true)
})

test('sets no timer for a maxAge of Infinity', () => {
  const { clock, tracker } = setUp()
  tracker.hold('report', { maxAge: Number.POSITIVE_INFINITY })
  expect(clock.timers).toBe(1)
})

test.each<[unknown[], RegExp]>([
  [['job', { maxAge: 0 }], /^ERR_IDLE_INVALID_DURATION: "maxAge" must be a duration.* Received 0\./],
  [['job', { maxAge: 'soon' }], /^ERR_IDLE_INVALID_DURATION: "maxAge" must be a duration.* Received 'soon'\./],
  [['job', { maxAge: null }], /^ERR_IDLE_INVALID_DURATION: "maxAge" must be a duration.* Received null\./],
  [['job', { maxage: 5 }], /^ERR_IDLE_UNKNOWN_OPTION: "options" must have no names but maxAge\. Received 'maxage'\./],
  [['job', null], /^ERR_IDLE_INVALID_OPTION: "options" must be an object\. Received null$/],
  [['job', 5], /^ERR_IDLE_INVALID_OPTION: "options" must be an object\. Received 5$/],
  [[{ maxAge: 5 }], /^ERR_IDLE_INVALID_OPTION: "label" must be a text\. Received \{ maxAge: 5 \}$/],
  [[null], /^ERR_IDLE_INVALID_OPTION: "label" must be a text\. Received null$/],
])('refuses %o, and holds nothing', (wrong, said) => {
  const { clock, tracker } = setUp()
  expect(refusal(() => Reflect.apply(tracker.hold, tracker, wrong))).toMatch(said)
  expect(tracker.active).toBe(0)
  expect(clock.timers).toBe(1)
})

test('holds nothing when the tracker has ended', async () => {
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
