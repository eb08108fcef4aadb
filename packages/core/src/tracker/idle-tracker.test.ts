import { ManualClock, turns, UptimeClock } from '@idle-shutdown/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { IdleTimeoutError } from '../errors.ts'
import type { IdleTrackerOptions } from '../options.ts'
import { IdleTracker } from './idle-tracker.ts'

const PATIENCE = 60_000
const DAY = 86_400_000

interface Started {
  readonly clock: ManualClock
  readonly tracker: IdleTracker
  /** The times at which its signal aborted, in milliseconds from its construction. */
  readonly ends: number[]
}

function setUp(options: IdleTrackerOptions = {}): Started {
  const clock = new ManualClock()
  const begin = clock.time
  const ends: number[] = []
  const tracker = new IdleTracker({ patience: PATIENCE, clock, ...options })
  tracker.signal.addEventListener('abort', () => ends.push(clock.time - begin))
  return { clock, tracker, ends }
}

describe('the first deadline', () => {
  test('is a patience after construction', async () => {
    const { clock, tracker, ends } = setUp()
    expect(tracker.deadline).toEqual(new Date(clock.date() + PATIENCE))
    await clock.advance(PATIENCE - 1)
    expect(ends).toEqual([])
    await clock.advance(10 * PATIENCE)
    expect(ends).toEqual([PATIENCE])
    expect(tracker.signal.reason).toBeInstanceOf(IdleTimeoutError)
    expect(tracker.signal.reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT', patience: PATIENCE })
    expect(tracker.deadline).toBeUndefined()
    expect(clock.timers).toBe(0)
  })

  test.each([5000, 3_600_000])('is %d ms after construction with that startupPatience', async (startupPatience) => {
    const { clock, tracker, ends } = setUp({ startupPatience })
    expect(tracker.deadline).toEqual(new Date(clock.date() + startupPatience))
    await clock.advance(10_000_000)
    expect(ends).toEqual([startupPatience])
  })

  test.each<[string, (tracker: IdleTracker) => void]>([
    ['a hold', (tracker) => tracker.hold().release()],
    ['a touch', (tracker) => tracker.touch()],
  ])('is a patience after %s, with a longer startupPatience', async (_, activity) => {
    const { clock, tracker, ends } = setUp({ startupPatience: '1h' })
    await clock.advance(10_000)
    activity(tracker)
    expect(tracker.deadline).toEqual(new Date(clock.date() + PATIENCE))
    await clock.advance(PATIENCE)
    expect(ends).toEqual([10_000 + PATIENCE])
  })

  test('is a patience after a hold that outlasts a long startupPatience', async () => {
    const { clock, tracker, ends } = setUp({ startupPatience: '1h' })
    const hold = tracker.hold()
    await clock.advance(5_000_000)
    hold.release()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([5_000_000 + PATIENCE])
  })

  test('is not moved by a cancelled hold', async () => {
    const { clock, tracker, ends } = setUp({ startupPatience: '1h' })
    const hold = tracker.hold()
    await clock.advance(10_000)
    hold.cancel()
    await clock.advance(3_600_000)
    expect(ends).toEqual([3_600_000])
  })

  test('is a patience after the first activity, with a short startupPatience', async () => {
    const { clock, tracker, ends } = setUp({ startupPatience: 1000 })
    tracker.touch()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([PATIENCE])
  })
})

test('starts the patience again at each touch', async () => {
  const { clock, tracker, ends } = setUp()
  for (let touch = 0; touch < 5; touch++) {
    await clock.advance(PATIENCE - 1)
    tracker.touch()
  }
  expect(tracker.active).toBe(0)
  await clock.advance(PATIENCE)
  expect(ends).toEqual([5 * (PATIENCE - 1) + PATIENCE])
})

test('does not end early when a timer fires early', async () => {
  const { clock, tracker, ends } = setUp({ patience: 10.5 })
  clock.earliness = 0.9
  tracker.touch()
  await clock.advance(20)
  expect(ends).toHaveLength(1)
  expect(ends[0]).toBeGreaterThanOrEqual(10.5)
})

describe('the last look', () => {
  test('takes turns of the event loop for what has already arrived', async () => {
    const { clock, ends } = setUp()
    clock.step(PATIENCE)
    expect(ends).toEqual([])
    await turns(1)
    expect(ends).toEqual([])
    await turns()
    expect(ends).toEqual([PATIENCE])
  })

  test.each([0, 1])('does not end when a hold begins after %d of its turns', async (count) => {
    const { clock, tracker, ends } = setUp()
    clock.step(PATIENCE)
    await turns(count)
    const hold = tracker.hold()
    await clock.advance(5 * PATIENCE)
    expect(ends).toEqual([])
    hold.release()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([7 * PATIENCE])
  })

  test.each<[string, (tracker: IdleTracker) => void]>([
    ['a touch', (tracker) => tracker.touch()],
    ['a hold that is released at once', (tracker) => tracker.hold().release()],
  ])('waits for another patience when it sees %s', async (_, activity) => {
    const { clock, tracker, ends } = setUp()
    clock.step(PATIENCE)
    await turns(1)
    activity(tracker)
    await clock.advance(PATIENCE)
    expect(ends).toEqual([2 * PATIENCE])
  })

  test('never ends after disposal', async () => {
    const { clock, tracker, ends } = setUp()
    clock.step(PATIENCE)
    await turns(1)
    tracker[Symbol.dispose]()
    await clock.advance(5 * PATIENCE)
    expect(ends).toEqual([])
  })
})

describe('jitter', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  test('is added to the first deadline, and to each one after it', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.25)
    const { clock, tracker, ends } = setUp({ jitter: 10_000 })
    expect(tracker.deadline).toEqual(new Date(clock.date() + PATIENCE + 2500))
    random.mockReturnValue(0.5)
    tracker.touch()
    await clock.advance(5 * PATIENCE)
    expect(ends).toEqual([PATIENCE + 5000])
  })

  test('spreads the ends of many trackers, and ends none early', async () => {
    const clock = new ManualClock()
    const deadlines = Array.from({ length: 200 }, () => {
      return (new IdleTracker({ patience: PATIENCE, jitter: 10_000, clock }).explain().remaining ?? 0) - PATIENCE
    })
    expect(Math.min(...deadlines)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...deadlines)).toBeLessThanOrEqual(10_000)
    expect(Math.max(...deadlines) - Math.min(...deadlines)).toBeGreaterThan(5000)
  })
})

describe('long patience', () => {
  // ManualClock refuses a timeout that would overflow.
  test.each([30 * DAY, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, 365 * DAY])(
    'does not end early with %d ms',
    async (patience) => {
      const { clock, tracker, ends } = setUp({ patience })
      await clock.advance(patience - 1)
      expect(ends).toEqual([])
      tracker.touch()
      await clock.advance(patience)
      expect(ends).toEqual([2 * patience - 1])
    },
  )

  test('never ends with Infinity, and sets no timer', async () => {
    const { clock, tracker, ends } = setUp({ patience: Number.POSITIVE_INFINITY })
    expect(clock.timers).toBe(0)
    tracker.hold().release()
    tracker.touch()
    expect(tracker.deadline).toBeUndefined()
    await clock.advance(1000 * DAY)
    expect(ends).toEqual([])
  })

  test('never ends before the first activity with a startupPatience of Infinity', async () => {
    const { clock, tracker, ends } = setUp({ startupPatience: Number.POSITIVE_INFINITY })
    tracker.hold().cancel()
    await clock.advance(1000 * DAY)
    expect(ends).toEqual([])
    tracker.touch()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([1000 * DAY + PATIENCE])
  })

  test('ends an unused tracker only, with a patience of Infinity after a startupPatience', async () => {
    const options = { patience: Number.POSITIVE_INFINITY, startupPatience: PATIENCE }
    const [unused, used] = [setUp(options), setUp(options)]
    used.tracker.touch()
    await unused.clock.advance(DAY)
    await used.clock.advance(DAY)
    expect([unused.ends, used.ends]).toEqual([[PATIENCE], []])
    expect(used.clock.timers).toBe(0)
  })
})

describe('a suspended machine or a stopped process', () => {
  test('waits for a full patience when a timer is late by more than a patience', async () => {
    const { clock, ends } = setUp()
    await clock.block(2 * PATIENCE + 1)
    expect(ends).toEqual([])
    await clock.advance(PATIENCE - 1)
    expect(ends).toEqual([])
    await clock.advance(1)
    expect(ends).toEqual([3 * PATIENCE + 1])
  })

  test('ends as late as a timer that is a little late, and not later', async () => {
    const { clock, ends } = setUp()
    await clock.block(PATIENCE + 500)
    expect(ends).toEqual([PATIENCE + 500])
  })

  test('waits for a full patience, and then ends, when the wall clock ran ahead', async () => {
    const { clock, ends } = setUp()
    await clock.advance(PATIENCE / 2)
    clock.suspend(8 * 3_600_000)
    await clock.advance(PATIENCE / 2)
    expect(ends).toEqual([])
    await clock.advance(PATIENCE - 1)
    expect(ends).toEqual([])
    await clock.advance(1)
    expect(ends).toEqual([2 * PATIENCE])
  })

  test('ends, and not early, when a clock without uptime is set forward by a day', async () => {
    const { clock, ends } = setUp()
    clock.suspend(DAY)
    await clock.advance(PATIENCE - 1)
    expect(ends).toEqual([])
    await clock.advance(PATIENCE + 1)
    expect(ends).toEqual([2 * PATIENCE])
  })

  test.each([-DAY, -5000, -1, 1, 900])('is not affected when a clock without uptime is set by %d ms', async (ms) => {
    const { clock, ends } = setUp()
    await clock.advance(1000)
    clock.suspend(ms)
    await clock.advance(PATIENCE)
    expect(ends).toEqual([PATIENCE])
  })

  test.each([-DAY, DAY])('is not affected when the wall clock is set by %d ms', async (ms) => {
    const clock = new UptimeClock()
    const { tracker } = setUp({ clock })
    await clock.advance(1000)
    clock.set(ms)
    await clock.advance(PATIENCE - 1001)
    expect(tracker.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(tracker.signal.aborted).toBe(true)
  })

  test('waits for a full patience, and then ends, when the uptime ran ahead', async () => {
    const clock = new UptimeClock()
    const { tracker } = setUp({ clock })
    await clock.advance(PATIENCE / 2)
    clock.suspend(8 * 3_600_000)
    await clock.advance(PATIENCE + PATIENCE / 2 - 1)
    expect(tracker.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(tracker.signal.aborted).toBe(true)
  })

  test('waits for a full patience after a suspend during a hold that is cancelled behind the deadline', async () => {
    const { clock, tracker, ends } = setUp()
    const hold = tracker.hold()
    await clock.advance(2 * PATIENCE)
    clock.suspend(DAY)
    await clock.advance(1)
    hold.cancel()
    await clock.advance(PATIENCE - 1)
    expect(ends).toEqual([])
    await clock.advance(1)
    expect(ends).toEqual([3 * PATIENCE + 1])
  })

  test('renews once when a suspend is noticed while something is active', async () => {
    const { clock, tracker, ends } = setUp()
    const hold = tracker.hold()
    clock.suspend(DAY)
    await clock.advance(PATIENCE + 1000)
    hold.cancel()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([2 * PATIENCE])
  })

  test('renews as usual when the machine is suspended while something is active', async () => {
    const { clock, tracker, ends } = setUp()
    const hold = tracker.hold()
    clock.suspend(DAY)
    await clock.block(5 * PATIENCE)
    hold.release()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([6 * PATIENCE])
  })
})
