import { expect, test } from 'vitest'
import { turns } from './manual-clock.ts'
import { PATIENCE, startCountdown } from './start-countdown.ts'

// The questions of a countdown to the watched servers: when it asks, and how it uses the answers.

test('bytes are marked a second before the deadline, and once', async () => {
  const marks: number[] = []
  const { clock, ends } = startCountdown({}, { mark: () => marks.push(clock.time - 1000) })
  await clock.advance(PATIENCE)
  expect(marks).toEqual([PATIENCE - 1000])
  expect(ends).toEqual([PATIENCE])
})

test('and once where timers fire early: a head that began in the last second is not forgotten', async () => {
  let read = 0
  let marked = 0
  const mark = (): void => {
    marked = read
  }
  const { clock, ends } = startCountdown({}, { mark, headBegun: () => read !== marked })
  clock.earliness = 0.9
  await clock.advance(PATIENCE - 200)
  read = 17
  await clock.advance(1100)
  expect(ends).toEqual([])
  await clock.advance(200)
  expect(ends).toHaveLength(1)
})

test('heads that never end hold it for two patiences, and no longer', async () => {
  const { clock, ends } = startCountdown({}, { headBegun: () => true })
  await clock.advance(3 * PATIENCE)
  expect(ends).toEqual([])
  await clock.advance(1000)
  expect(ends).toEqual([3 * PATIENCE + 1000])
})

test('half a patience before it, where that is shorter', async () => {
  const marks: number[] = []
  const { clock, ends } = startCountdown({ patience: 100 }, { mark: () => marks.push(clock.time - 1000) })
  await clock.advance(100)
  expect(marks).toEqual([50])
  expect(ends).toEqual([100])
})

test.each([
  [PATIENCE, 1000],
  [100, 100],
])('patience %d: a head that has begun is waited for, %d ms at a time', async (patience, wait) => {
  let begun = true
  const { clock, ends } = startCountdown({ patience }, { headBegun: () => begun })
  await clock.advance(patience + 2 * wait)
  expect(ends).toEqual([])
  begun = false
  await clock.advance(wait)
  expect(ends).toEqual([patience + 3 * wait])
})

test('a head that stalls is let go: it is measured from a new mark', async () => {
  let read = 0
  let marked = 0
  const mark = (): void => {
    marked = read
  }
  const { clock, ends } = startCountdown({}, { mark, headBegun: () => read !== marked })
  await clock.advance(PATIENCE - 500)
  read = 17
  await clock.advance(500)
  expect(ends).toEqual([])
  await clock.advance(1000)
  expect(ends).toEqual([PATIENCE + 1000])
})

test('a head that becomes a request during that wait keeps it', async () => {
  let begun = true
  const { clock, countdown, ends } = startCountdown({}, { headBegun: () => begun })
  await clock.advance(PATIENCE + 500)
  begun = false
  countdown.begin()
  await clock.advance(PATIENCE)
  expect(ends).toEqual([])
  countdown.end()
  await clock.advance(PATIENCE)
  expect(ends).toEqual([3 * PATIENCE + 500])
})

test('traffic on upgraded sockets renews at the deadline', async () => {
  let moves = 2
  const { clock, ends } = startCountdown({}, { trafficMoved: () => moves-- > 0 })
  await clock.advance(3 * PATIENCE - 1)
  expect(ends).toEqual([])
  await clock.advance(1)
  expect(ends).toEqual([3 * PATIENCE])
})

test('traffic that moves during the last look renews', async () => {
  let moved = false
  const { clock, ends } = startCountdown({}, { trafficMoved: () => moved })
  clock.step(PATIENCE)
  moved = true
  await turns()
  expect(ends).toEqual([])
  moved = false
  await clock.advance(PATIENCE)
  expect(ends).toEqual([2 * PATIENCE])
})

test('arrivals make the last look longer', async () => {
  let arrived = 0
  const { clock, ends } = startCountdown({}, { arrivals: () => arrived })
  clock.step(PATIENCE)
  for (let turn = 0; turn < 20; turn++) {
    arrived++
    await turns(1)
    expect(ends).toEqual([])
  }
  await turns(4)
  expect(ends).toEqual([PATIENCE])
})

test('arrivals that never pause: not fired, and looked at again', async () => {
  let arrived = 0
  let calm = false
  const { clock, ends } = startCountdown({}, { arrivals: () => (calm ? arrived : ++arrived) })
  clock.step(PATIENCE)
  await turns(1100)
  expect(ends).toEqual([])
  calm = true
  await clock.advance(1000)
  expect(ends).toEqual([PATIENCE + 1000])
})
