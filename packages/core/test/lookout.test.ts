import { turns } from '@idle-shutdown/testing'
import { expect, test } from 'vitest'
import { PATIENCE, startCountdown } from './start-countdown.ts'

// The questions of a countdown to the watched servers: when it asks, and how it uses the answers.

test('marks bytes once, a second before the deadline', async () => {
  const marks: number[] = []
  const { clock, ends } = startCountdown({}, { mark: () => marks.push(clock.time - 1000) })
  await clock.advance(PATIENCE)
  expect(marks).toEqual([PATIENCE - 1000])
  expect(ends).toEqual([PATIENCE])
})

test('marks bytes once if timers fire early, so that a head that began in the last second counts', async () => {
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

test('waits at most two patiences for heads that never end', async () => {
  const { clock, ends } = startCountdown({}, { headBegun: () => true })
  await clock.advance(3 * PATIENCE)
  expect(ends).toEqual([])
  await clock.advance(1000)
  expect(ends).toEqual([3 * PATIENCE + 1000])
})

test('marks bytes half a patience before the deadline, if that is shorter', async () => {
  const marks: number[] = []
  const { clock, ends } = startCountdown({ patience: 100 }, { mark: () => marks.push(clock.time - 1000) })
  await clock.advance(100)
  expect(marks).toEqual([50])
  expect(ends).toEqual([100])
})

test.each([
  [PATIENCE, 1000],
  [100, 100],
])('waits for a partial head with a patience of %d, %d ms at a time', async (patience, wait) => {
  let begun = true
  const { clock, ends } = startCountdown({ patience }, { headBegun: () => begun })
  await clock.advance(patience + 2 * wait)
  expect(ends).toEqual([])
  begun = false
  await clock.advance(wait)
  expect(ends).toEqual([patience + 3 * wait])
})

test('ends when a head stalls, measured from a new mark', async () => {
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

test('does not end when a head becomes a request during that wait', async () => {
  let begun = true
  const { clock, countdown, ends } = startCountdown({}, { headBegun: () => begun })
  await clock.advance(PATIENCE + 500)
  begun = false
  countdown.start('active')
  await clock.advance(PATIENCE)
  expect(ends).toEqual([])
  countdown.finish('active')
  await clock.advance(PATIENCE)
  expect(ends).toEqual([3 * PATIENCE + 500])
})

test('renews at the deadline when bytes moved on upgraded sockets', async () => {
  let moves = 2
  const { clock, ends } = startCountdown({}, { trafficMoved: () => moves-- > 0 })
  await clock.advance(3 * PATIENCE - 1)
  expect(ends).toEqual([])
  await clock.advance(1)
  expect(ends).toEqual([3 * PATIENCE])
})

test('renews when bytes move during the last look', async () => {
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

test('makes the last look longer when connections arrive', async () => {
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

test('does not end when arrivals never pause, and looks again', async () => {
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
