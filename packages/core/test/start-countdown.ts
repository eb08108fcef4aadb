import { Countdown } from '../src/countdown.ts'
import type { Lookout } from '../src/lookout.ts'
import { type IdleTrackerOptions, trackerSettings } from '../src/options.ts'
import { ManualClock } from './manual-clock.ts'

export const PATIENCE = 60_000

export interface Started {
  readonly clock: ManualClock
  readonly countdown: Countdown
  /** The times of the calls back, in milliseconds from the start. */
  readonly ends: number[]
}

/** Starts a countdown with {@link PATIENCE}, unless the options have another one. */
export function startCountdown(options: IdleTrackerOptions = {}, lookout?: Partial<Lookout>): Started {
  const clock = new ManualClock()
  const begin = clock.time
  const ends: number[] = []
  const settings = trackerSettings({ patience: PATIENCE, clock, ...options })
  const countdown = new Countdown(settings, () => ends.push(clock.time - begin))
  if (lookout !== undefined) countdown.watchWith({ ...blind, ...lookout })
  countdown.start()
  return { clock, countdown, ends }
}

/** A lookout that sees nothing. */
const blind: Lookout = {
  arrivals: () => 0,
  mark: () => {},
  headBegun: () => false,
  trafficMoved: () => false,
}
