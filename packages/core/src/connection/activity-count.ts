import type { Countdown } from '../tracker/countdown.ts'

/**
 * The ways in which a request, a stream or an upgraded socket counts: as an activity, as ignored (suspends the end), or
 * not at all.
 *
 * `CONNECT` leaves HTTP as an upgrade does (RFC 8441, RFC 9113, section 8.5), and counts as the option `upgrades` says.
 * One that waits for a silent client does not count until the client sends data.
 */
export type ActivityCount =
  /** A request: an activity. */
  | 'active'
  /** An ignored request: suspends the end. */
  | 'ignored'
  /** A tunnel that is an activity until it closes. */
  | 'open'
  /** A tunnel that renews the deadline by its traffic. */
  | 'traffic'
  /** A tunnel that never counts. A drain ends it. */
  | 'ignore'
  /** A stream that renews the deadline by its traffic, and by its end. */
  | 'traffic stream'
  /** A stream that never counts. A drain ends it. */
  | 'ignored stream'
  /** An `active` request that does not count now. */
  | 'silent'
  /** An `ignored` request that does not count now. */
  | 'ignored and silent'
  /** An `open` tunnel that does not count now. */
  | 'open and silent'

/** Each count that is suspended when its client has been silent for too long, and the count that replaces it. */
const WHEN_SILENT = [
  ['active', 'silent'],
  ['ignored', 'ignored and silent'],
  ['open', 'open and silent'],
] as const

/** Reports whether a stream with this count is an activity. */
export function isActive(count: ActivityCount): boolean {
  return count === 'active' || count === 'open'
}

/** Reports whether the stream is of a `CONNECT`, which has left HTTP. */
export function isTunnel(count: ActivityCount): boolean {
  return count === 'open' || count === 'traffic' || count === 'ignore' || count === 'open and silent'
}

/**
 * Returns how the connection's own count ends when its first stream or upgrade counts in this way.
 *
 * An active one takes the count over. With `traffic` the count ends. An ignored one takes the activity back.
 */
export function countBefore(count: ActivityCount): 'pass' | 'finish' | 'cancel' {
  if (isActive(count)) return 'pass'
  return count === 'traffic' ? 'finish' : 'cancel'
}

/** Starts counting a stream. */
export function start(countdown: Countdown, count: ActivityCount): void {
  if (isActive(count)) {
    countdown.start('active')
    countdown.began()
  } else if (count === 'ignored') {
    countdown.start('ignored')
  }
}

/** Stops counting a stream. */
export function finish(countdown: Countdown, count: ActivityCount): void {
  if (isActive(count)) countdown.finish('active')
  else if (count === 'ignored') countdown.finish('ignored')
  else if (count === 'traffic stream') countdown.renew()
}

/** Stops counting what waits for a client that has been silent for too long. Returns the count from now on. */
export function suspend(countdown: Countdown, count: ActivityCount): ActivityCount {
  const silent = WHEN_SILENT.find(([counted]) => counted === count)?.[1]
  if (silent === undefined) return count
  finish(countdown, count)
  return silent
}

/** Counts again what `suspend()` stopped counting. Returns the count from now on. */
export function resume(countdown: Countdown, count: ActivityCount): ActivityCount {
  const again = WHEN_SILENT.find(([, silent]) => silent === count)?.[0]
  if (again === undefined) return count
  start(countdown, again)
  return again
}

/** Stops counting a request, stream or tunnel as an activity. Returns the count from now on. */
export function ignore(countdown: Countdown, count: ActivityCount): ActivityCount {
  if (count === 'silent') return 'ignored and silent'
  if (count === 'traffic stream') return 'ignored stream'
  if (!isActive(count)) return isTunnel(count) ? 'ignore' : count
  const instead = count === 'active' ? 'ignored' : 'ignore'
  start(countdown, instead)
  countdown.cancel('active')
  return instead
}
