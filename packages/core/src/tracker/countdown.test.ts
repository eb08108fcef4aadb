import { turns } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { makeCountdown, PATIENCE, startCountdown } from '../../test/start-countdown.ts'

describe('active things', () => {
  test('renew the deadline when the last one ends', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.start('active')
    countdown.start('active')
    await clock.advance(200_000)
    countdown.finish('active')
    await clock.advance(200_000)
    countdown.finish('active')
    await clock.advance(PATIENCE * 2)
    expect(ends).toEqual([400_000 + PATIENCE])
  })

  test('leave the old deadline when the only one is cancelled', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.start('active')
    await clock.advance(40_000)
    countdown.cancel('active')
    await clock.advance(PATIENCE)
    expect(ends).toEqual([PATIENCE])
  })

  test('let an end that is due happen at once when the only one is cancelled', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.start('active')
    await clock.advance(3 * PATIENCE)
    countdown.cancel('active')
    await clock.advance(0)
    expect(ends).toEqual([3 * PATIENCE])
  })

  test('renew the deadline when one is cancelled and another has ended meanwhile', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.start('active')
    countdown.start('active')
    await clock.advance(50_000)
    countdown.finish('active')
    countdown.cancel('active')
    await clock.advance(2 * PATIENCE)
    expect(ends).toEqual([50_000 + PATIENCE])
  })

  test('change nothing when one is cancelled while another is in progress', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.start('active')
    countdown.start('active')
    countdown.cancel('active')
    await clock.advance(5 * PATIENCE)
    expect(ends).toEqual([])
    countdown.finish('active')
    await clock.advance(PATIENCE)
    expect(ends).toEqual([6 * PATIENCE])
  })

  test('renew the deadline by the latest busy time only', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.start('active')
    countdown.start('active')
    countdown.finish('active')
    countdown.finish('active')
    await clock.advance(10_000)
    countdown.start('active')
    await clock.advance(10_000)
    countdown.cancel('active')
    await clock.advance(PATIENCE)
    expect(ends).toEqual([PATIENCE])
  })
})

describe('ignored things', () => {
  test('suspend the end while they last, and renew nothing', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.start('ignored')
    await clock.advance(5 * PATIENCE)
    expect(ends).toEqual([])
    countdown.finish('ignored')
    await clock.advance(0)
    expect(ends).toEqual([5 * PATIENCE])
  })

  test('leave the deadline where it was when they end before it', async () => {
    const { clock, countdown, ends } = startCountdown()
    for (let probe = 0; probe < 10; probe++) {
      countdown.start('ignored')
      await clock.advance(2500)
      countdown.finish('ignored')
      await clock.advance(2500)
    }
    await clock.advance(PATIENCE)
    expect(ends).toEqual([PATIENCE])
  })

  test('do not end the startup patience', async () => {
    const { clock, countdown, ends } = startCountdown({ startupPatience: '1h' })
    countdown.start('ignored')
    await clock.advance(1000)
    countdown.finish('ignored')
    countdown.start('active')
    await clock.advance(1000)
    countdown.cancel('active')
    await clock.advance(3_600_000)
    expect(ends).toEqual([3_600_000])
  })

  test('keep the deadline of active things that end meanwhile', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.start('ignored')
    countdown.start('active')
    await clock.advance(5 * PATIENCE)
    countdown.finish('active')
    await clock.advance(10_000)
    countdown.finish('ignored')
    await clock.advance(PATIENCE)
    expect(ends).toEqual([6 * PATIENCE])
  })

  test('make the last look longer, and do not end it, when they begin and end during it', async () => {
    const { clock, countdown, ends } = startCountdown()
    clock.step(PATIENCE)
    await turns(1)
    countdown.start('ignored')
    countdown.finish('ignored')
    await turns(2)
    expect(ends).toEqual([])
    await turns(2)
    expect(ends).toEqual([PATIENCE])
  })
})

describe('a paused countdown', () => {
  test('stands still until it is started, and then waits for the whole first deadline', async () => {
    const { clock, countdown, ends } = makeCountdown({ startupPatience: 5000 })
    expect(clock.timers).toBe(0)
    await clock.advance(10 * PATIENCE)
    expect(ends).toEqual([])
    countdown.startClock()
    await clock.advance(PATIENCE)
    expect(ends).toEqual([10 * PATIENCE + 5000])
  })

  test('ends the startup patience by an activity before the start', async () => {
    const { clock, countdown, ends } = makeCountdown({ startupPatience: 5000 })
    countdown.start('hold')
    countdown.finish('hold')
    expect(clock.timers).toBe(0)
    countdown.startClock()
    await clock.advance(2 * PATIENCE)
    expect(ends).toEqual([PATIENCE])
  })

  test('waits for a full patience when the machine was suspended during a hold in which it was started', async () => {
    const { clock, countdown, ends } = makeCountdown()
    countdown.start('hold')
    countdown.startClock()
    clock.suspend(3_600_000)
    await clock.advance(PATIENCE - 1)
    countdown.cancel('hold')
    await clock.advance(PATIENCE)
    expect(ends).toEqual([])
    await clock.advance(PATIENCE)
    expect(ends).toEqual([2 * PATIENCE])
  })

  test('neither asks nor calls back when it is stopped during the last look', async () => {
    let asked = 0
    const confirm = (): boolean => {
      asked++
      return true
    }
    const { clock, countdown, ends } = startCountdown({ confirm })
    clock.step(PATIENCE)
    await turns(1)
    countdown.stopClock()
    await clock.advance(5 * PATIENCE)
    expect({ asked, ends }).toEqual({ asked: 0, ends: [] })
  })

  test('asks once without a time limit, and ends on a late yes', async () => {
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

  test('asks again without a time limit when an activity began before a late yes', async () => {
    const answers: ((yes: boolean) => void)[] = []
    const confirm = (): Promise<boolean> => new Promise((resolve) => answers.push(resolve))
    const { clock, countdown, ends } = startCountdown({ confirm })
    countdown.confirmWithin = Number.POSITIVE_INFINITY
    await clock.advance(5 * PATIENCE)
    countdown.start('active')
    countdown.finish('active')
    answers[0]?.(true)
    await clock.advance(PATIENCE)
    expect({ asked: answers.length, ends }).toEqual({ asked: 2, ends: [] })
    answers[1]?.(true)
    await clock.advance(0)
    expect(ends).toEqual([6 * PATIENCE])
  })

  test('stays stopped, whatever happens', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.stopClock()
    countdown.start('active')
    countdown.finish('active')
    countdown.renew()
    countdown.startClock()
    expect(clock.timers).toBe(0)
    await clock.advance(5 * PATIENCE)
    expect(ends).toEqual([])
    expect(countdown.phase).toBe('over')
  })
})

describe('revoking the renewal of a session that opened', () => {
  test('restores the deadline before it, in whichever order renewals are revoked', async () => {
    const { clock, countdown } = startCountdown()
    const before = countdown.deadline
    const openings = []
    for (let session = 0; session < 3; session++) {
      await clock.advance(1000)
      countdown.start('active')
      openings.push(countdown.finishRevocably())
    }
    const [first, second, third] = openings
    if (!first || !second || !third) throw new Error('An opening did not renew')
    countdown.revoke(first)
    expect(countdown.deadline).toBe(third.deadline)
    countdown.revoke(third)
    expect(countdown.deadline).toBe(second.deadline)
    countdown.revoke(second)
    expect(countdown.deadline).toBe(before)
  })

  test('keeps a later renewal, also in the same millisecond', async () => {
    const { clock, countdown, ends } = startCountdown()
    await clock.advance(10_000)
    countdown.start('active')
    const opening = countdown.finishRevocably()
    countdown.renew()
    if (opening) countdown.revoke(opening)
    await clock.advance(2 * PATIENCE)
    expect(ends).toEqual([10_000 + PATIENCE])
  })

  test('keeps a settled renewal when those before it are revoked', async () => {
    const { clock, countdown, ends } = startCountdown()
    countdown.start('active')
    const first = countdown.finishRevocably()
    await clock.advance(10_000)
    countdown.start('active')
    const second = countdown.finishRevocably()
    if (second) countdown.settle(second)
    if (first) countdown.revoke(first)
    await clock.advance(2 * PATIENCE)
    expect(ends).toEqual([10_000 + PATIENCE])
  })

  test('waits for a full patience when the machine was suspended meanwhile, wherever the deadline was', async () => {
    const { clock, countdown, ends } = startCountdown()
    await clock.advance(PATIENCE - 1000)
    countdown.start('active')
    const opening = countdown.finishRevocably()
    // The timer was set for the earlier deadline, and is set again.
    await clock.advance(1000)
    clock.suspend(3_600_000)
    if (opening) countdown.revoke(opening)
    await clock.advance(PATIENCE - 1)
    expect(ends).toEqual([])
    await clock.advance(1)
    expect(ends).toEqual([2 * PATIENCE])
  })

  test('renews nothing while other things are active', () => {
    const { countdown } = startCountdown()
    countdown.start('active')
    countdown.start('active')
    expect(countdown.finishRevocably()).toBeUndefined()
    expect(countdown.active).toBe(1)
  })
})
