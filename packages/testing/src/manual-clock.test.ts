import { expect, test } from 'vitest'
import { ManualClock, UptimeClock } from './manual-clock.ts'

function timers(clock: ManualClock, ...delays: number[]): number[] {
  const fired: number[] = []
  for (const ms of delays) clock.setTimeout(() => fired.push(ms), ms)
  return fired
}

test('step() fires the timers that are due, in order, without a turn of the event loop', () => {
  const clock = new ManualClock()
  const fired = timers(clock, 30, 10, 20, 40)
  clock.step(30)
  expect(fired).toEqual([10, 20, 30])
  expect(clock.timers).toBe(1)
})

test('advance() lets the event loop turn after each timer', async () => {
  const clock = new ManualClock()
  const seen: string[] = []
  clock.setTimeout(() => setImmediate(() => seen.push(`turn at ${clock.time - begin}`)), 10)
  clock.setTimeout(() => seen.push('second'), 20)
  const begin = clock.time
  await clock.advance(20)
  expect(seen).toEqual(['turn at 10', 'second'])
})

test('a timer that is set while another one fires, fires in the same step if it is due', () => {
  const clock = new ManualClock()
  const begin = clock.time
  const at: number[] = []
  clock.setTimeout(() => clock.setTimeout(() => at.push(clock.time - begin), 5), 10)
  clock.step(15)
  expect(at).toEqual([15])
})

test('a cleared timer does not fire', () => {
  const clock = new ManualClock()
  clock.clearTimeout(clock.setTimeout(() => expect.unreachable(), 1))
  clock.step(10)
  expect(clock.timers).toBe(0)
})

test('blocked timers fire late, and a timeout beyond 2^31 ms is refused', async () => {
  const clock = new ManualClock()
  const begin = clock.time
  const at: number[] = []
  clock.setTimeout(() => at.push(clock.time - begin), 10)
  await clock.block(100)
  expect(at).toEqual([100])
  expect(() => clock.setTimeout(() => {}, 2 ** 31)).toThrow('would overflow')
})

test('a suspended machine moves the wall clock and the uptime, and not the monotonic time', () => {
  const clock = new UptimeClock()
  const [now, date, uptime] = [clock.now(), clock.date(), clock.uptime()]
  clock.suspend(1000)
  clock.set(500)
  expect([clock.now() - now, clock.date() - date, clock.uptime() - uptime]).toEqual([0, 1500, 1000])
})
