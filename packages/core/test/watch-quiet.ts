import type { IdleTrackerOptions } from '../src/options.ts'
import type { ActivityProbe } from '../src/tracker/arrival-marks.ts'
import type { Countdown } from '../src/tracker/countdown.ts'
import { onQuiet } from '../src/tracker/quiet.ts'
import { type Started, startCountdown } from './start-countdown.ts'

/** The time (ms) without activity. */
export const AFTER = 5000

export interface Watched extends Started {
  /** The calls and their times, in milliseconds from the start. */
  readonly calls: string[]
  readonly undo: Disposable
}

/** Starts a countdown that records each call of `release` and of the function that it returns. */
export function watch(options?: IdleTrackerOptions, probe?: Partial<ActivityProbe>): Watched {
  const started = startCountdown(options, probe)
  return { ...started, ...record(started) }
}

/** Records each call on a countdown. */
export function record({ clock, countdown }: Started): Pick<Watched, 'calls' | 'undo'> {
  const begin = clock.time
  const calls: string[] = []
  const undo = onQuiet(countdown, AFTER, () => {
    calls.push(`quiet ${clock.time - begin}`)
    return () => calls.push(`back ${clock.time - begin}`)
  })
  return { calls, undo }
}

/** Begins a request. */
export function begin(countdown: Countdown): void {
  countdown.start('active')
  countdown.began()
}
