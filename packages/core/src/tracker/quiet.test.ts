import { AsyncLocalStorage } from 'node:async_hooks'
import { createServer } from 'node:http'
import { ManualClock, turns } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { makeCountdown, startCountdown } from '../../test/start-countdown.ts'
import { AFTER, begin, record, watch } from '../../test/watch-quiet.ts'
import { idleShutdown } from '../idle-shutdown.ts'
import type { Countdown } from './countdown.ts'
import { onQuiet } from './quiet.ts'

describe('release', () => {
  test('is called when nothing has been active for the time, counted from the start of the clock', async () => {
    const { clock, calls } = watch()
    await clock.advance(AFTER - 1)
    expect(calls).toEqual([])
    await clock.advance(1)
    expect(calls).toEqual(['quiet 5000'])
    await clock.advance(10 * AFTER)
    expect(calls).toEqual(['quiet 5000'])
  })

  test.each([0, 1, 4999])('is called exactly so long after the last activity, which begins at %i ms', async (at) => {
    const { clock, countdown, calls } = watch()
    await clock.advance(at)
    begin(countdown)
    await clock.advance(12_345)
    countdown.finish('active')
    await clock.advance(AFTER - 1)
    expect(calls).toEqual([])
    await clock.advance(1)
    expect(calls).toEqual([`quiet ${at + 12_345 + AFTER}`])
  })

  test('is not called before the time, though timers fire early', async () => {
    const { clock, calls } = watch()
    clock.earliness = 0.9
    await clock.advance(AFTER - 0.1)
    expect(calls).toEqual([])
    await clock.advance(1.1)
    expect(calls).toEqual([expect.stringMatching(/^quiet 500[01]/)])
  })

  test('is not called before the time has passed since the registration', async () => {
    const started = startCountdown()
    await started.clock.advance(30_000)
    const { calls } = record(started)
    await started.clock.advance(AFTER - 1)
    expect(calls).toEqual([])
    await started.clock.advance(1)
    expect(calls).toEqual(['quiet 5000'])
  })

  test('of a paused countdown waits for its start', async () => {
    const made = makeCountdown({ startupPatience: '1h' })
    const { calls } = record(made)
    await made.clock.advance(10 * AFTER)
    expect(calls).toEqual([])
    expect(made.clock.timers).toBe(0)
    made.countdown.startClock()
    await made.clock.advance(AFTER)
    expect(calls).toEqual(['quiet 55000'])
  })

  test('is called with an infinite patience, too', async () => {
    const { clock, calls } = watch({ patience: Infinity })
    await clock.advance(AFTER)
    expect(calls).toEqual(['quiet 5000'])
  })

  test('is called again after each activity, and the end is unchanged', async () => {
    const { clock, countdown, calls, ends } = watch()
    for (let time = 0; time < 3; time++) {
      await clock.advance(AFTER)
      begin(countdown)
      countdown.finish('active')
    }
    expect(calls).toEqual(['quiet 5000', 'back 5000', 'quiet 10000', 'back 10000', 'quiet 15000', 'back 15000'])
    await clock.advance(59_999)
    expect(ends).toEqual([])
    await clock.advance(1)
    expect(ends).toEqual([75_000])
  })

  test('is called while an ignored request goes on, which does not count', async () => {
    const { clock, countdown, calls } = watch()
    await clock.advance(4000)
    countdown.start('ignored')
    await clock.advance(1000)
    expect(calls).toEqual(['quiet 5000'])
    countdown.finish('ignored')
    countdown.start('ignored')
    await clock.advance(1000)
    countdown.finish('ignored')
    await clock.advance(10 * AFTER)
    expect(calls).toEqual(['quiet 5000'])
  })

  test('does not wait for jitter', async () => {
    const { clock, countdown, calls } = watch({ jitter: '1h' })
    countdown.renew()
    await clock.advance(AFTER)
    expect(calls).toEqual(['quiet 5000'])
  })

  test('is called after a time that is longer than a timeout', async () => {
    const started = startCountdown({ patience: Infinity })
    const seen: number[] = []
    onQuiet(started.countdown, '30d', () => seen.push(started.clock.time - 1000))
    await started.clock.advance(31 * 86_400_000)
    expect(seen).toEqual([30 * 86_400_000])
  })
})

describe('the function that release returns', () => {
  test.each<[string, (countdown: Countdown) => void]>([
    ['a request', begin],
    ['an activity without duration', (countdown) => countdown.renew()],
    [
      'an activity that ends',
      (countdown) => {
        countdown.start('active')
        countdown.finish('active')
      },
    ],
  ])('is called at once by %s, and only once', async (_, act) => {
    const { clock, countdown, calls } = watch()
    await clock.advance(6000)
    act(countdown)
    expect(calls).toEqual(['quiet 5000', 'back 6000'])
    act(countdown)
    act(countdown)
    expect(calls).toEqual(['quiet 5000', 'back 6000'])
  })

  test('is called by a hold and by touch() of a tracker', async () => {
    const clock = new ManualClock()
    const idle = idleShutdown([], { clock, patience: '1h' })
    const calls: string[] = []
    idle.onQuiet(AFTER, () => {
      calls.push('quiet')
      return () => calls.push('back')
    })
    // Nothing listens yet.
    await clock.advance(10 * AFTER)
    expect(calls).toEqual([])
    const server = createServer().listen(0, '127.0.0.1')
    idle.watch(server)
    await turns()
    await clock.advance(AFTER)
    idle.tracker.touch()
    await clock.advance(AFTER)
    const hold = idle.tracker.hold()
    expect(calls).toEqual(['quiet', 'back', 'quiet', 'back'])
    await clock.advance(10 * AFTER)
    hold.release()
    await clock.advance(AFTER)
    expect(calls).toEqual(['quiet', 'back', 'quiet', 'back', 'quiet'])
    await idle.close()
  })

  test('is called when bytes have moved on a socket that counts by its traffic, within the time', async () => {
    let moved = false
    const { clock, calls } = watch({}, { trafficMoved: () => moved })
    await clock.advance(AFTER + 1000)
    moved = true
    await clock.advance(3999)
    expect(calls).toEqual(['quiet 5000'])
    await clock.advance(1)
    expect(calls).toEqual(['quiet 5000', 'back 10000'])
    await clock.advance(2 * AFTER)
    moved = false
    await clock.advance(AFTER)
    expect(calls).toEqual(['quiet 5000', 'back 10000', 'quiet 25000'])
  })

  test('is called within the time by a connection that sends no request', async () => {
    const { clock, countdown, calls } = watch()
    await clock.advance(6000)
    countdown.start('active')
    await clock.advance(3999)
    expect(calls).toEqual(['quiet 5000'])
    await clock.advance(1)
    expect(calls).toEqual(['quiet 5000', 'back 10000'])
  })

  test('is not called by an activity that is cancelled at once, which leaves no trace', async () => {
    const { clock, countdown, calls } = watch()
    await clock.advance(6000)
    countdown.start('active')
    countdown.cancel('active')
    await clock.advance(5 * AFTER)
    expect(calls).toEqual(['quiet 5000'])
  })

  test('is not called by a session that opens and carries only ignored streams', async () => {
    const { clock, countdown, calls } = watch()
    await clock.advance(6000)
    countdown.start('active')
    const renewal = countdown.finishRevocably()
    if (renewal !== undefined) countdown.revoke(renewal)
    await clock.advance(5 * AFTER)
    expect(calls).toEqual(['quiet 5000'])
    countdown.start('active')
    countdown.finishRevocably()
    await clock.advance(AFTER)
    expect(calls).toEqual(['quiet 5000', 'back 35000'])
  })

  test('is not called by confirm that answers no', async () => {
    const { clock, calls, ends } = watch({ confirm: () => false })
    await clock.advance(600_000)
    expect(ends).toEqual([])
    expect(calls).toEqual(['quiet 5000'])
  })

  test('may be the value of a promise', async () => {
    const { clock, countdown } = startCountdown()
    const calls: string[] = []
    onQuiet(countdown, AFTER, async () => {
      await turns()
      return () => calls.push('back')
    })
    await clock.advance(AFTER)
    await turns()
    countdown.renew()
    expect(calls).toEqual(['back'])
  })

  test('is called as soon as release has settled when the activity begins before', async () => {
    const { clock, countdown } = startCountdown()
    const calls: string[] = []
    let settle = (): void => {}
    onQuiet(countdown, AFTER, () => {
      calls.push('quiet')
      return new Promise((resolve) => {
        settle = () => resolve(() => calls.push('back'))
      })
    })
    await clock.advance(AFTER)
    countdown.renew()
    // Quiet again for long: the first release is still running, so there is no second one.
    await clock.advance(3 * AFTER)
    expect(calls).toEqual(['quiet'])
    settle()
    await turns()
    expect(calls).toEqual(['quiet', 'back'])
    await clock.advance(AFTER)
    expect(calls).toEqual(['quiet', 'back', 'quiet'])
  })

  test('is finished before release is called again', async () => {
    const { clock, countdown } = startCountdown()
    const calls: string[] = []
    let finish = (): void => {}
    onQuiet(countdown, AFTER, () => {
      calls.push('quiet')
      return () => new Promise<void>((resolve) => (finish = resolve))
    })
    await clock.advance(AFTER)
    countdown.renew()
    await clock.advance(3 * AFTER)
    expect(calls).toEqual(['quiet'])
    finish()
    await turns()
    await clock.advance(AFTER)
    expect(calls).toEqual(['quiet', 'quiet'])
  })

  test('is none when release returns something else', async () => {
    const { clock, countdown } = startCountdown()
    let calls = 0
    onQuiet(countdown, AFTER, () => ++calls)
    for (let time = 0; time < 3; time++) {
      await clock.advance(AFTER)
      countdown.renew()
    }
    expect(calls).toBe(3)
  })

  test('is called when release itself is an activity, and release is not called in a loop', async () => {
    const { clock, countdown } = startCountdown()
    const calls: string[] = []
    onQuiet(countdown, AFTER, () => {
      calls.push('quiet')
      countdown.renew()
      return () => calls.push('back')
    })
    await clock.advance(2 * AFTER)
    expect(calls).toEqual(['quiet', 'back', 'quiet', 'back'])
  })
})

test('has one timer for each registration, which activities neither set nor clear', async () => {
  const { clock, countdown } = watch()
  expect(clock.timers).toBe(2)
  await clock.advance(1000)
  const { timerOperations } = clock
  for (let count = 0; count < 100; count++) {
    begin(countdown)
    countdown.finish('active')
  }
  expect(clock.timerOperations).toBe(timerOperations)
  expect(clock.timers).toBe(2)
})

test('calls in the asynchronous context in which the countdown was made', async () => {
  const store = new AsyncLocalStorage<string>()
  const { clock, countdown } = store.run('maker', () => startCountdown())
  const seen: unknown[] = []
  store.run('registration', () =>
    onQuiet(countdown, AFTER, () => {
      seen.push(store.getStore())
      return () => seen.push(store.getStore())
    }),
  )
  for (let time = 0; time < 2; time++) {
    await clock.advance(AFTER)
    store.run('request', () => countdown.renew())
  }
  expect(seen).toEqual(['maker', 'maker', 'maker', 'maker'])
})
