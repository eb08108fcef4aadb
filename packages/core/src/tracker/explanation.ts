import { format } from '@lukeed/ms'
import { printable } from '../printable.ts'
import type { CountdownPhase } from './phases.ts'

/**
 * The state of a tracker: what keeps it active, or how long is left. Plain data that can be cloned, sent and printed.
 */
export interface Explanation {
  /**
   * The state of the tracker.
   * `starting`: no server listens yet.
   * `active`: at least one activity counts.
   * `waiting`: the deadline is set.
   * `suspended`: an ignored request delays an end that is due.
   * `disabled`: the patience is Infinity.
   * `ended`: the signal has aborted.
   * `disposed`: the signal will never abort.
   */
  readonly state: 'starting' | 'active' | 'waiting' | 'suspended' | 'disabled' | 'ended' | 'disposed'
  /**
   * The phase of the clock.
   * `paused`: no server listens yet.
   * `sleeping`: a timer is set for the deadline.
   * `busy`: the clock waits until nothing is active.
   * `looking`: the deadline has passed, and a last look shows whether something arrives.
   * `asking`: the clock waits for the answer of `confirm`.
   * `over`: the clock has stopped for good.
   */
  readonly clock: CountdownPhase
  /** The patience in milliseconds. */
  readonly patience: number
  /** The number of activities. */
  readonly active: number
  /** The number of requests and streams that suspend the end and are not an activity. */
  readonly ignored: number
  /** The activities and ignored requests by name, at most {@link MOST_REASONS}. */
  readonly reasons: readonly Reason[]
  /** The streams and upgraded sockets that are open and do not count now, at most {@link MOST_REASONS}. */
  readonly uncounted: readonly Reason[]
  /** The time at which the tracker will count as idle. */
  readonly deadline: Date | undefined
  /** The time until the deadline, in milliseconds. */
  readonly remaining: number | undefined
  /**
   * The name of the service that starts the process again after an idle end, as far as `listen()` of
   * `@idle-shutdown/activation` knows.
   */
  readonly startedAgainBy?: string | undefined
}

/** One activity, or one ignored request or stream. */
export interface Reason {
  /** The kind of activity. A `stream` is a response whose head is sent, without a length, and that has not ended. */
  readonly kind: 'hold' | 'connection' | 'request' | 'stream' | 'upgrade'
  /**
   * The label of a hold, the method and path of a request or stream, or the remote address of a connection or upgrade.
   *
   * A label of a request has no query, user or password, and is cut if it is long.
   */
  readonly label: string
  /** `true` if the request or stream only suspends the end. */
  readonly ignored: boolean
  /**
   * The state of a connection. `idle`: its server was watched late, and its requests in progress are not known.
   */
  readonly state?: string
  /**
   * The time at which a hold began, or at which a stream was first seen. Not known for a request, since the clock is not
   * read when it begins.
   */
  readonly since?: Date
  /** The time at which bytes of a stream were last seen to have moved. The library looks at least once a patience. */
  readonly lastByte?: Date
}

/** The most reasons that an explanation lists. */
export const MOST_REASONS = 20

/** Returns an explanation as one line for logs, even if labels have line breaks or control characters. */
export function inOneLine(explanation: Explanation): string {
  return printable(said(explanation))
}

function said(explanation: Explanation): string {
  const { state, active, ignored, reasons, patience, remaining, startedAgainBy } = explanation
  // A reason that only suspends the end does not make the tracker active.
  const named = state === 'active' ? reasons.filter((reason) => !reason.ignored) : reasons
  const shown = named.slice(0, 3).map(({ kind, label }) => `${kind} ${label.replace(/\s+/g, ' ')}`)
  const more = (state === 'active' ? active : ignored) - shown.length
  if (more > 0) shown.push(`${more} more`)
  const list = shown.join(', ')
  switch (state) {
    case 'active':
      return `active: ${list}`
    case 'suspended':
      return `idle, but waiting for: ${list}`
    case 'waiting':
      return `idle in ${readable(remaining ?? 0)} (patience ${readable(patience)})${startedAgainBy === undefined ? '' : `; started again by ${startedAgainBy}`}`
    case 'starting':
      return 'waiting for a server to listen'
    case 'disabled':
      return patience === Infinity
        ? 'never idle (patience Infinity)'
        : 'never idle before the first activity (startupPatience Infinity)'
    default:
      return state
  }
}

function readable(ms: number): string {
  return format(Math.max(0, Math.round(ms)))
}
