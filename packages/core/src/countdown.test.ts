import { describe, expect, test } from 'vitest'
import { turns } from '../test/manual-clock.ts'
import { PATIENCE, startCountdown } from '../test/start-countdown.ts'

describe('firm activity', () => {
  test('renews when the last of it ends', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.begin()
    countdown.begin()
    await clock.advance(200_000)
    countdown.end()
    await clock.advance(200_000)
    countdown.end()
    await clock.advance(PATIENCE * 2)
    expect(ends).toEqual([400_000 + PATIENCE])
  })

  test('that was none leaves the old deadline', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.begin()
    await clock.advance(40_000)
    countdown.retract()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([PATIENCE])
  })

  test('that was none lets an end that is due come at once', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.begin()
    await clock.advance(3 * PATIENCE)
    countdown.retract()
    await clock.advance(0)
    expect(ends).toEqual([3 * PATIENCE])
  })

  test('that was none, while other activity ended, does not take that activity away', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.begin()
    countdown.begin()
    await clock.advance(50_000)
    countdown.end()
    countdown.retract()
    await clock.advance(2 * PATIENCE)
    expect(ends).toEqual([50_000 + PATIENCE])
  })

  test('that was none, while other activity goes on, changes nothing', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.begin()
    countdown.begin()
    countdown.retract()
    await clock.advance(5 * PATIENCE)
    expect(ends).toEqual([])
    countdown.end()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([6 * PATIENCE])
  })

  test('each busy time is judged by itself', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.begin()
    countdown.begin()
    countdown.end()
    countdown.end()
    await clock.advance(10_000)
    countdown.begin()
    await clock.advance(10_000)
    countdown.retract()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([PATIENCE])
  })
})

describe('soft activity', () => {
  test('suspends the end while it lasts, and renews nothing', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.beginSoft()
    await clock.advance(5 * PATIENCE)
    expect(ends).toEqual([])
    countdown.endSoft()
    await clock.advance(0)
    expect(ends).toEqual([5 * PATIENCE])
  })

  test('that ends before the deadline leaves it where it was', async () => {
    const { clock, countdown, ends } = startCountdown()
    for (let probe = 0; probe < 10; probe++) {
      countdown.beginSoft()
      await clock.advance(2500)
      countdown.endSoft()
      await clock.advance(2500)
    }
    await clock.advance(PATIENCE)
    expect(ends).toEqual([PATIENCE])
  })

  test('does not end the startup patience', async () => {
    const { clock, countdown, ends } = startCountdown({ startupPatience: '1h' })
    countdown.beginSoft()
    await clock.advance(1000)
    countdown.endSoft()
    countdown.begin()
    await clock.advance(1000)
    countdown.retract()
    await clock.advance(3_600_000)
    expect(ends).toEqual([3_600_000])
  })

  test('during which firm activity ends: the deadline is that of the firm', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.beginSoft()
    countdown.begin()
    await clock.advance(5 * PATIENCE)
    countdown.end()
    await clock.advance(10_000)
    countdown.endSoft()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([6 * PATIENCE])
  })

  test('that begins and ends during the last look makes it longer, and does not end it', async () => {
    const { clock, countdown, ends } = startCountdown()
    clock.step(PATIENCE)
    await turns(1)
    countdown.beginSoft()
    countdown.endSoft()
    await turns(2)
    expect(ends).toEqual([])
    await turns(2)
    expect(ends).toEqual([PATIENCE])
  })
})

describe('pausing', () => {
  test('stands still until it is started, and then gives the first deadline in full', async () => {
    const { clock, countdown, ends } = startCountdown({ startupPatience: 5000 })
    countdown.pause()
    expect(clock.timers).toBe(0)
    await clock.advance(10 * PATIENCE)
    expect(ends).toEqual([])
    countdown.start()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([10 * PATIENCE + 5000])
  })

  test('activity before the start ends the startup patience', async () => {
    const { clock, countdown, ends } = startCountdown({ startupPatience: 5000 })
    countdown.pause()
    countdown.hold()
    countdown.release()
    expect(clock.timers).toBe(0)
    countdown.start()
    await clock.advance(2 * PATIENCE)
    expect(ends).toEqual([PATIENCE])
  })

  test('started amid a hold, it notices that the machine was suspended during it: a full patience', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.pause()
    countdown.hold()
    countdown.start()
    clock.suspend(3_600_000)
    await clock.advance(PATIENCE - 1)
    countdown.cancel()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([])
    await clock.advance(PATIENCE)
    expect(ends).toEqual([2 * PATIENCE])
  })

  test('stopped during the last look, it neither asks nor calls back', async () => {
    let asked = 0
    const confirm = (): boolean => {
      asked++
      return true
    }
    const { clock, countdown, ends } = startCountdown({ confirm })
    clock.step(PATIENCE)
    await turns(1)
    countdown.stop()
    await clock.advance(5 * PATIENCE)
    expect({ asked, ends }).toEqual({ asked: 0, ends: [] })
  })

  test('with all the time to answer, it is asked once, and a late yes ends', async () => {
    const answers: ((yes: boolean) => void)[] = []
    const confirm = (): Promise<boolean> => new Promise((resolve) => answers.push(resolve))
    const { clock, countdown, ends } = startCountdown({ confirm })
    countdown.confirmWithin = Number.POSITIVE_INFINITY
    await clock.advance(20 * PATIENCE)
    expect(answers.length).toBe(1)
    answers[0]?.(true)
    await clock.advance(0)
    expect(ends).toEqual([20 * PATIENCE])
  })

  test('with all the time to answer, a late yes counts for nothing after an activity: it is asked again', async () => {
    const answers: ((yes: boolean) => void)[] = []
    const confirm = (): Promise<boolean> => new Promise((resolve) => answers.push(resolve))
    const { clock, countdown, ends } = startCountdown({ confirm })
    countdown.confirmWithin = Number.POSITIVE_INFINITY
    await clock.advance(5 * PATIENCE)
    countdown.begin()
    countdown.end()
    answers[0]?.(true)
    await clock.advance(PATIENCE)
    expect({ asked: answers.length, ends }).toEqual({ asked: 2, ends: [] })
    answers[1]?.(true)
    await clock.advance(0)
    expect(ends).toEqual([6 * PATIENCE])
  })

  test('stops for good, whatever comes', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.stop()
    countdown.begin()
    countdown.end()
    countdown.renew()
    countdown.start()
    countdown.pause()
    countdown.start()
    expect(clock.timers).toBe(0)
    await clock.advance(5 * PATIENCE)
    expect(ends).toEqual([])
    expect(countdown.running).toBe(false)
  })
})

describe('an opening that turns out to have been no activity', () => {
  test('the deadline before it stands again, in whichever order openings are taken back', async () => {
    const { clock, countdown } = startCountdown()
    const before = countdown.deadline
    const openings = []
    for (let session = 0; session < 3; session++) {
      await clock.advance(1000)
      countdown.begin()
      openings.push(countdown.endOpening())
    }
    const [first, second, third] = openings
    if (!first || !second || !third) throw new Error('An opening did not renew')
    countdown.unrenew(first)
    expect(countdown.deadline).toBe(third.deadline)
    countdown.unrenew(third)
    expect(countdown.deadline).toBe(second.deadline)
    countdown.unrenew(second)
    expect(countdown.deadline).toBe(before)
  })

  test('a renewal since, in the very same millisecond too, stands', async () => {
    const { clock, countdown, ends } = startCountdown()
    await clock.advance(10_000)
    countdown.begin()
    const opening = countdown.endOpening()
    countdown.renew()
    if (opening) countdown.unrenew(opening)
    await clock.advance(2 * PATIENCE)
    expect(ends).toEqual([10_000 + PATIENCE])
  })

  test('one that is kept stands, also when those before it are taken back', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.begin()
    const first = countdown.endOpening()
    await clock.advance(10_000)
    countdown.begin()
    const second = countdown.endOpening()
    if (second) countdown.openings.keep(second)
    if (first) countdown.unrenew(first)
    await clock.advance(2 * PATIENCE)
    expect(ends).toEqual([10_000 + PATIENCE])
  })

  test('the machine was suspended meanwhile: a full patience, wherever the deadline was', async () => {
    const { clock, countdown, ends } = startCountdown()
    await clock.advance(PATIENCE - 1000)
    countdown.begin()
    const opening = countdown.endOpening()
    // The timer was set for the earlier deadline, and is set again.
    await clock.advance(1000)
    clock.suspend(3_600_000)
    if (opening) countdown.unrenew(opening)
    await clock.advance(PATIENCE - 1)
    expect(ends).toEqual([])
    await clock.advance(1)
    expect(ends).toEqual([2 * PATIENCE])
  })

  test('among others that are active it renews nothing', () => {
    const { countdown } = startCountdown()
    countdown.begin()
    countdown.begin()
    expect(countdown.endOpening()).toBeUndefined()
    expect(countdown.firm).toBe(1)
  })
})
