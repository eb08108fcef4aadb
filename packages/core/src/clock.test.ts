import { uptime } from 'node:os'
import { ManualClock, turns, Warnings } from '@idle-shutdown/testing'
import { expect, test } from 'vitest'
import { after, MAX_TIMEOUT, systemClock } from './clock.ts'

test.each([1, 0.5, 1000, MAX_TIMEOUT, 2 ** 31, 2 ** 32 + 5, 10 * 2 ** 31])('fires after %d ms', async (ms) => {
  const clock = new ManualClock()
  const calls: number[] = []
  const begin = clock.time
  after(clock, ms, () => calls.push(clock.time - begin))
  await clock.advance(ms - 0.25)
  expect(calls).toEqual([])
  await clock.advance(1)
  expect(calls).toEqual([Math.ceil(ms)])
  expect(clock.timers).toBe(0)
})

test('fires after 0 ms in a later turn, and not at once', async () => {
  const clock = new ManualClock()
  let called = false
  after(clock, 0, () => {
    called = true
  })
  expect(called).toBe(false)
  await clock.advance(0)
  expect(called).toBe(true)
})

test('never fires after Infinity, and sets no timer', () => {
  const clock = new ManualClock()
  const undo = after(clock, Number.POSITIVE_INFINITY, () => {})
  expect(clock.timers).toBe(0)
  undo()
  expect(clock.timerOperations).toBe(0)
})

test('waits for the rest when its timer fires early', async () => {
  const clock = new ManualClock()
  clock.earliness = 0.9
  const begin = clock.time
  const calls: number[] = []
  after(clock, 10, () => calls.push(clock.time - begin))
  await clock.advance(20)
  expect(calls).toHaveLength(1)
  expect(calls[0]).toBeGreaterThanOrEqual(10)
})

test.each([5, 2 ** 31])('can be cleared once, twice, and after it fired (%d ms)', async (ms) => {
  const clock = new ManualClock()
  let calls = 0
  const undo = after(clock, ms, () => calls++)
  await clock.advance(ms - 1)
  undo()
  undo()
  expect(clock.timers).toBe(0)
  await clock.advance(ms)
  expect(calls).toBe(0)

  const undoLate = after(clock, ms, () => calls++)
  await clock.advance(ms)
  undoLate()
  expect(calls).toBe(1)
})

test('uses timers of Node that keep no process running and do not overflow', async () => {
  using warnings = new Warnings()
  const timer = systemClock.setTimeout(() => {}, MAX_TIMEOUT)
  expect(Reflect.apply(Reflect.get(Object(timer), 'hasRef'), timer, [])).toBe(false)
  systemClock.clearTimeout(timer)
  systemClock.clearTimeout(timer)
  systemClock.clearTimeout(undefined)
  let called = false
  const undo = after(systemClock, 2 ** 40, () => {
    called = true
  })
  const begin = systemClock.now()
  while (systemClock.now() - begin < 5) await turns()
  undo()
  expect(called).toBe(false)
  expect(warnings.list).toEqual([])
})

test('reads the clocks of Node', () => {
  expect(Math.abs(systemClock.now() - performance.now())).toBeLessThan(1000)
  expect(Math.abs(systemClock.date() - Date.now())).toBeLessThan(1000)
  expect(Math.abs((systemClock.uptime?.() ?? 0) - uptime() * 1000)).toBeLessThan(2000)
})
