import { expect, test, vi } from 'vitest'
import { Pace } from '../src/pace.ts'

/** Returns the times of a processor: each of these milliseconds for five loops, and then the last one forever. */
function processor(...speeds: number[]): () => number {
  const loops = speeds.flatMap((speed) => Array<number>(5).fill(speed))
  return () => (loops.length > 1 ? (loops.shift() ?? Number.NaN) : (loops[0] ?? Number.NaN))
}

function paceOf(patience: number, timed: () => number): Pace {
  const pace = new Pace(timed)
  pace.allow(patience)
  return pace
}

test('a window waits until the processor is as fast as it has been', async () => {
  const timed = vi.fn(processor(1, 1, 2, 2, 2, 1.1))
  const pace = paceOf(60_000, timed)
  await expect(pace.measured(() => 7)).resolves.toBe(7)
  const before = timed.mock.calls.length
  await expect(pace.measured(() => timed.mock.calls.length - before)).resolves.toBe(4 * 5)
  expect(pace.known.fastest).toBe(1)
})

test('a window in which it becomes slower does not count', async () => {
  const pace = paceOf(60_000, processor(1, 2, 1))
  await expect(pace.measured(() => 7)).resolves.toBeNaN()
  await expect(pace.measured(() => 7)).resolves.toBe(7)
})

test('one slow loop of five is no slower processor', async () => {
  const loops = [1, 1, 1, 1, 1, 1, 1, 9, 1, 1]
  await expect(paceOf(60_000, () => loops.shift() ?? Number.NaN).measured(() => 7)).resolves.toBe(7)
})

test('a process that is slower than another waits, however fast it is for itself', async () => {
  const timed = vi.fn(processor(2, 2, 1.2))
  const pace = paceOf(60_000, timed)
  pace.known = { fastest: 1, patience: 60_000 }
  await expect(pace.measured(() => timed.mock.calls.length)).resolves.toBe(3 * 5)
  expect(pace.known.fastest).toBe(1)
})

test('without patience every window counts', async () => {
  const timed = vi.fn(() => 1)
  await expect(new Pace(timed).measured(() => 7)).resolves.toBe(7)
  expect(timed).not.toHaveBeenCalled()
})

test('patience ends, and is said to have', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const pace = paceOf(5, processor(1, 1, 2))
  await pace.measured(() => 7)
  await expect(pace.measured(() => 7)).resolves.toBe(7)
  expect(pace.known.patience).toBeLessThanOrEqual(0)
  expect(said).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('The machine is busy'))
})
