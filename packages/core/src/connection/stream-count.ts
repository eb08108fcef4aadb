import type { Countdown } from '../countdown.ts'

/**
 * The ways in which an HTTP/2 stream counts: as an activity, as ignored (suspends the end), or not at all.
 *
 * `CONNECT` leaves HTTP as an upgrade does (RFC 8441, RFC 9113, section 8.5), and counts as the option `upgrades` says.
 * A stream that waits for a silent client does not count until the client sends data.
 */
export type StreamCount =
  | 'active'
  | 'ignored'
  | 'open'
  | 'traffic'
  | 'ignore'
  | 'silent'
  | 'ignored and silent'
  | 'open and silent'

/** Returns how a stream counts from now on if its client has been silent for too long; undefined if nothing changes. */
export function whenLetGo(count: StreamCount): StreamCount | undefined {
  if (count === 'active') return 'silent'
  if (count === 'ignored') return 'ignored and silent'
  return count === 'open' ? 'open and silent' : undefined
}

/** Returns how a stream counts again when its client has sent data; undefined if nothing changes. */
export function whenCountedAgain(count: StreamCount): StreamCount | undefined {
  if (count === 'silent') return 'active'
  if (count === 'ignored and silent') return 'ignored'
  return count === 'open and silent' ? 'open' : undefined
}

/** Reports whether a stream with this count is an activity. */
export function isFirm(count: StreamCount): boolean {
  return count === 'active' || count === 'open'
}

/** Reports whether the stream is of a `CONNECT`, which has left HTTP. */
export function isTunnel(count: StreamCount): boolean {
  return count === 'open' || count === 'traffic' || count === 'ignore' || count === 'open and silent'
}

/** Starts counting a stream. */
export function begin(countdown: Countdown, count: StreamCount): void {
  if (isFirm(count)) countdown.begin()
  else if (count === 'ignored') countdown.beginSoft()
}

/** Stops counting a stream. */
export function end(countdown: Countdown, count: StreamCount): void {
  if (isFirm(count)) countdown.end()
  else if (count === 'ignored') countdown.endSoft()
}
