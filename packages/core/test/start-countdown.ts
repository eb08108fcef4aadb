import { ManualClock } from '@idle-shutdown/testing'
import { type IdleTrackerOptions, trackerSettings } from '../src/options.ts'
import type { ActivityProbe } from '../src/tracker/arrival-marks.ts'
import { Countdown } from '../src/tracker/countdown.ts'

export const PATIENCE = 60_000

export interface Started {
  readonly clock: ManualClock
  readonly countdown: Countdown
  /** The times of the calls back, in milliseconds from the start. */
  readonly ends: number[]
}

/** Starts a countdown with {@link PATIENCE}, unless the options have another one. */
export function startCountdown(options?: IdleTrackerOptions, probe?: Partial<ActivityProbe>): Started {
  const made = makeCountdown(options, probe)
  made.countdown.startClock()
  return made
}

/** Makes a countdown that is paused, with {@link PATIENCE} unless the options have another one. */
export function makeCountdown(options: IdleTrackerOptions = {}, probe?: Partial<ActivityProbe>): Started {
  const clock = new ManualClock()
  const begin = clock.time
  const ends: number[] = []
  const settings = trackerSettings({ patience: PATIENCE, clock, ...options })
  const countdown = new Countdown(settings, () => ends.push(clock.time - begin))
  if (probe !== undefined) countdown.setProbe({ ...blind, ...probe })
  return { clock, countdown, ends }
}

/** A probe that sees nothing. */
const blind: ActivityProbe = {
  arrivals: () => 0,
  mark: () => {},
  headBegun: () => false,
  trafficMoved: () => false,
}
