import { expect, test, vi } from 'vitest'
import { FullSpeed } from './full-speed.ts'

/** Returns the times of a processor: each of these milliseconds for five loops, and then the last one forever. */
function processor(...speeds: number[]): () => number {
  const loops = speeds.flatMap((speed) => Array<number>(5).fill(speed))
  return () => (loops.length > 1 ? (loops.shift() ?? Number.NaN) : (loops[0] ?? Number.NaN))
}

function fullSpeedOf(patience: number, timed: () => number): FullSpeed {
  const fullSpeed = new FullSpeed(timed)
  fullSpeed.allow(patience)
  return fullSpeed
}

test('a window waits until the processor is as fast as before', async () => {
  const timed = vi.fn(processor(1, 1, 2, 2, 2, 1.1))
  const fullSpeed = fullSpeedOf(60_000, timed)
  await expect(fullSpeed.measured(() => 7)).resolves.toBe(7)
  const before = timed.mock.calls.length
  await expect(fullSpeed.measured(() => timed.mock.calls.length - before)).resolves.toBe(4 * 5)
  expect(fullSpeed.calibration.fastest).toBe(1)
})

test('a window does not count if the processor becomes slower in it', async () => {
  const fullSpeed = fullSpeedOf(60_000, processor(1, 2, 1))
  await expect(fullSpeed.measured(() => 7)).resolves.toBeNaN()
  await expect(fullSpeed.measured(() => 7)).resolves.toBe(7)
})

test('one slow loop of five does not mean a slower processor', async () => {
  const loops = [1, 1, 1, 1, 1, 1, 1, 9, 1, 1]
  await expect(fullSpeedOf(60_000, () => loops.shift() ?? Number.NaN).measured(() => 7)).resolves.toBe(7)
})

test('a process waits if another process was faster, even if its own speed is constant', async () => {
  const timed = vi.fn(processor(2, 2, 1.2))
  const fullSpeed = fullSpeedOf(60_000, timed)
  fullSpeed.calibration = { fastest: 1, patience: 60_000 }
  await expect(fullSpeed.measured(() => timed.mock.calls.length)).resolves.toBe(3 * 5)
  expect(fullSpeed.calibration.fastest).toBe(1)
})

test('every window counts without patience', async () => {
  const timed = vi.fn(() => 1)
  await expect(new FullSpeed(timed).measured(() => 7)).resolves.toBe(7)
  expect(timed).not.toHaveBeenCalled()
})

test('a warning is printed when the patience ends', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const fullSpeed = fullSpeedOf(5, processor(1, 1, 2))
  await fullSpeed.measured(() => 7)
  await expect(fullSpeed.measured(() => 7)).resolves.toBe(7)
  expect(fullSpeed.calibration.patience).toBeLessThanOrEqual(0)
  expect(said).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('The machine is busy'))
})
