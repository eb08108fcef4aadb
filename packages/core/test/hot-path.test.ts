import { describe, expect, test } from 'vitest'
import { PATIENCE, startCountdown } from './start-countdown.ts'

describe('under 100,000 requests within one patience', () => {
  test('one at a time: one timer operation, and a clock read each time the count falls to zero', async () => {
    const { clock, countdown } = startCountdown()
    const { timerOperations, reads } = clock
    for (let request = 0; request < 100_000; request++) {
      countdown.begin()
      countdown.end()
    }
    expect(clock.timerOperations - timerOperations).toBeLessThanOrEqual(1)
    expect(clock.reads - reads).toBeLessThanOrEqual(100_000)
  })

  test('while another is in progress: no timer operation, and no clock read', () => {
    const { clock, countdown } = startCountdown()
    countdown.begin()
    const { timerOperations, reads } = clock
    for (let request = 0; request < 100_000; request++) {
      countdown.begin()
      countdown.end()
      countdown.beginSoft()
      countdown.endSoft()
      countdown.hold()
      countdown.cancel()
      countdown.begin()
      countdown.retract()
    }
    expect(clock.timerOperations).toBe(timerOperations)
    expect(clock.reads).toBe(reads)
  })

  test('spread over the whole patience: one timer operation more, when the timer wakes', async () => {
    const { clock, countdown, ends } = startCountdown()
    const { timerOperations } = clock
    for (let request = 0; request < 100_000; request++) {
      countdown.begin()
      clock.step(PATIENCE / 100_000)
      countdown.end()
    }
    expect(clock.timerOperations - timerOperations).toBeLessThanOrEqual(1)
    await clock.advance(2 * PATIENCE)
    expect(ends).toHaveLength(1)
  })

  test('after a startup patience that is longer: one, the first time', () => {
    const { clock, countdown } = startCountdown({ startupPatience: '1h' })
    const { timerOperations } = clock
    for (let request = 0; request < 100_000; request++) {
      countdown.begin()
      countdown.end()
    }
    // The timer that slept until the first deadline is cleared, and another one is set.
    expect(clock.timerOperations - timerOperations).toBe(2)
  })
})
