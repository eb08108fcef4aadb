import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ManualClock, turns, UptimeClock, Warnings } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { systemClock } from '../src/clock.ts'
import { idleShutdown } from '../src/idle-shutdown.ts'
import { onQuiet } from '../src/tracker/quiet.ts'
import { refusal } from './refusal.ts'
import { runProgram } from './run-program.ts'
import { startCountdown } from './start-countdown.ts'
import { AFTER, begin, record, type Watched, watch } from './watch-quiet.ts'

// The failures, the ends and the pauses of onQuiet(), and its place beside a handler.

describe('a failure', () => {
  test.each<[string, () => unknown]>([
    [
      'release that throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['release that rejects', () => Promise.reject(new Error('broken'))],
    [
      'function of release that throws',
      () => () => {
        throw new Error('broken')
      },
    ],
    ['function of release that rejects', async () => () => Promise.reject(new Error('broken'))],
  ])('of a %s is one process warning, and quiet goes on', async (_, release) => {
    using warnings = new Warnings()
    const { clock, countdown, ends } = startCountdown()
    let calls = 0
    onQuiet(countdown, AFTER, () => {
      calls++
      return release()
    })
    for (let time = 0; time < 3; time++) {
      await clock.advance(AFTER)
      await turns()
      countdown.renew()
    }
    await turns()
    expect(calls).toBe(3)
    expect(warnings.list).toMatchObject([{ code: 'IDLE_QUIET_FAILED', detail: expect.stringContaining('broken') }])
    await clock.advance(60_000)
    expect(ends).toEqual([75_000])
  })

  test('of one registration does not keep others from being called', async () => {
    using warnings = new Warnings()
    const { clock, countdown } = startCountdown()
    let calls = 0
    onQuiet(countdown, AFTER, () => {
      throw new Error('broken')
    })
    onQuiet(countdown, AFTER, () => () => calls++)
    await clock.advance(AFTER)
    countdown.renew()
    expect(calls).toBe(1)
    await turns()
    expect(warnings.codes).toEqual(['IDLE_QUIET_FAILED'])
  })

  test.each([0, -1, Number.NaN, 'soon', Infinity, undefined])('of the call: %o is refused as a time', (after) => {
    const { countdown } = startCountdown()
    const refused = refusal(() => onQuiet(countdown, Object(after)?.valueOf(), () => {}))
    expect(refused).toMatch(/^ERR_IDLE_INVALID_DURATION: "after" must be a (finite )?duration/)
    // The sentence proposes no value that the call refuses.
    expect(refused).not.toContain('for never')
  })

  test('of the call: a release that is not a function is refused, and leaves no timer', () => {
    const { clock, countdown } = startCountdown()
    expect(refusal(() => onQuiet(countdown, AFTER, Object('release')))).toMatch(
      /^ERR_IDLE_INVALID_OPTION: "release" must be a function/,
    )
    expect(clock.timers).toBe(1)
  })
})

describe('nothing is called any more', () => {
  test.each<[string, (watched: Watched) => unknown]>([
    ['the undo', ({ undo }) => undo[Symbol.dispose]()],
    ['the clock has stopped', ({ countdown }) => countdown.stopClock()],
  ])('after %s, before quiet and in it', async (_, end) => {
    for (const ms of [1000, AFTER]) {
      const watched = watch()
      const { clock, countdown, calls } = watched
      await clock.advance(ms)
      const before = [...calls]
      end(watched)
      begin(countdown)
      countdown.finish('active')
      await clock.advance(3 * AFTER)
      expect(calls).toEqual(before)
      expect(countdown.observers.size).toBe(0)
    }
  })

  test.each(['the undo', 'the end'])('after %s while release is running', async (how) => {
    const { clock, countdown } = startCountdown()
    let settle = (): void => {}
    let calls = 0
    const undo = onQuiet(
      countdown,
      AFTER,
      () =>
        new Promise((resolve) => {
          settle = () => resolve(() => calls++)
        }),
    )
    await clock.advance(AFTER)
    countdown.renew()
    if (how === 'the end') countdown.stopClock()
    else undo[Symbol.dispose]()
    settle()
    await turns()
    expect(calls).toBe(0)
  })

  test('at an idle end, and there is no timer left', async () => {
    const { clock, calls, ends } = watch()
    await clock.advance(60_000)
    expect(ends).toEqual([60_000])
    expect(calls).toEqual(['quiet 5000'])
    expect(clock.timers).toBe(0)
  })

  test('by a registration after the end', async () => {
    const started = startCountdown()
    started.countdown.stopClock()
    const { calls, undo } = record(started)
    await started.clock.advance(3 * AFTER)
    undo[Symbol.dispose]()
    expect(calls).toEqual([])
    expect(started.clock.timers).toBe(0)
  })
})

describe('time that stands still', () => {
  test('a suspend of the machine does not count, since clients could not connect', async () => {
    const clock = new UptimeClock()
    const { countdown } = startCountdown({ clock })
    const calls: number[] = []
    onQuiet(countdown, AFTER, () => calls.push(clock.time - 1000))
    await clock.advance(4000)
    clock.suspend(3_600_000)
    await clock.advance(1000)
    expect(calls).toEqual([])
    await clock.advance(AFTER)
    expect(calls).toEqual([10_000])
  })

  test('a stop of the process does not count either', async () => {
    const { clock, calls } = watch({ patience: '1h' })
    await clock.advance(4000)
    await clock.block(60_000)
    expect(calls).toEqual([])
    await clock.advance(AFTER)
    expect(calls).toEqual(['quiet 69000'])
  })

  test('nor does either bring a quiet server back', async () => {
    const { clock, calls } = watch({ patience: '1h' })
    await clock.advance(AFTER)
    await clock.block(600_000)
    clock.suspend(3_600_000)
    await clock.advance(10 * AFTER)
    expect(calls).toEqual(['quiet 5000'])
  })

  test('fake timers move the time of onQuiet, too', () => {
    vi.useFakeTimers()
    try {
      const { countdown } = startCountdown({ clock: systemClock })
      let calls = 0
      const undo = onQuiet(countdown, AFTER, () => ++calls)
      vi.advanceTimersByTime(AFTER - 1)
      expect(calls).toBe(0)
      vi.advanceTimersByTime(1)
      expect(calls).toBe(1)
      undo[Symbol.dispose]()
    } finally {
      vi.useRealTimers()
    }
  })
})

test.each([undefined, '/ignored'] as const)(
  'calls the function that release returned before the handler of the request runs, with ignore: %s',
  async (ignore) => {
    const clock = new ManualClock()
    const order: string[] = []
    const server = createServer((_request, response) => {
      order.push('handler')
      response.end()
    })
    const idle = idleShutdown(server, { clock, patience: '1h', ...(ignore && { ignore }) })
    idle.onQuiet(AFTER, () => () => order.push('back'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await clock.advance(AFTER)
    const [response] = await once(
      get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false }),
      'response',
    )
    response.resume()
    expect(order).toEqual(['back', 'handler'])
    await idle.close()
  },
)

test('a process stays up neither for the timer nor for what release returns', async () => {
  const { code, stdout, stderr } = await runProgram(
    `const { createServer } = await import('node:http')
     const server = createServer().listen(0)
     const idle = idleShutdown(server, { patience: Infinity })
     idle.onQuiet('20ms', () => {
       console.log('quiet')
       server.unref()
       return () => console.log('back')
     })`,
  )
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'quiet\n', stderr: '' })
})
