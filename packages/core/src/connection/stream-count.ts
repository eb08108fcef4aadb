import type { Countdown } from '../countdown.ts'

/**
 * How a stream of HTTP/2 counts: as an activity, or it suspends the end. A CONNECT leaves HTTP as an upgrade does (RFC 8441,
 * RFC 9113, section 8.5), and counts as `upgrades` says. What waits for a silent client does not count, until that one speaks.
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

/** What a stream becomes whose client is silent for too long. */
export function whenLetGo(count: StreamCount): StreamCount | undefined {
  if (count === 'active') return 'silent'
  if (count === 'ignored') return 'ignored and silent'
  return count === 'open' ? 'open and silent' : undefined
}

/** What it becomes again when its client has spoken. */
export function whenCountedAgain(count: StreamCount): StreamCount | undefined {
  if (count === 'silent') return 'active'
  if (count === 'ignored and silent') return 'ignored'
  return count === 'open and silent' ? 'open' : undefined
}

/** Whether it is an activity. */
export function isFirm(count: StreamCount): boolean {
  return count === 'active' || count === 'open'
}

/** Reports whether it is of a CONNECT, which has left HTTP. */
export function isTunnel(count: StreamCount): boolean {
  return count === 'open' || count === 'traffic' || count === 'ignore' || count === 'open and silent'
}

/** It begins to count. */
export function begin(countdown: Countdown, count: StreamCount): void {
  if (isFirm(count)) countdown.begin()
  else if (count === 'ignored') countdown.beginSoft()
}

/** It counts no longer. */
export function end(countdown: Countdown, count: StreamCount): void {
  if (isFirm(count)) countdown.end()
  else if (count === 'ignored') countdown.endSoft()
}
