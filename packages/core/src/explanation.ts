import { format } from '@lukeed/ms'
import { printable } from './printable.ts'

/** What keeps a tracker up, or how long is left. Plain data: it can be cloned, sent and printed. */
export interface Explanation {
  /**
   * `starting`: no server listens yet. `active`: something counted holds it. `waiting`: the deadline is set. `suspended`:
   * something that is no activity (an ignored request) delays an end that is due. `disabled`: the patience is Infinity.
   * `ended`: the signal has aborted. `disposed`: it never will.
   */
  readonly state: 'starting' | 'active' | 'waiting' | 'suspended' | 'disabled' | 'ended' | 'disposed'
  /** The patience in milliseconds. */
  readonly patience: number
  /** How many things hold it. */
  readonly active: number
  /** How many things suspend the end without being activity. */
  readonly ignored: number
  /** What these things are: the first {@link MOST_REASONS} of them. */
  readonly reasons: readonly Reason[]
  /** When it will count as idle. */
  readonly deadline: Date | undefined
  /** How long until then, in milliseconds. */
  readonly remaining: number | undefined
  /** What starts the process again after an idle end, as far as `listen()` of `@idle-shutdown/activation` knows. */
  readonly startedAgainBy?: string | undefined
}

/** One thing that keeps a tracker up. */
export interface Reason {
  readonly kind: 'hold' | 'connection' | 'request' | 'stream' | 'upgrade'
  /**
   * The label of a hold, the method and path of a request or stream (no query, user or password, and cut when it is long), the
   * remote address of a connection or upgrade.
   */
  readonly label: string
  /** Whether it only suspends the end. */
  readonly ignored: boolean
  /** When it began, where that is known: the clock is not read when a request begins. */
  readonly since?: Date
}

/** An explanation lists no more reasons than this, however many there are. */
export const MOST_REASONS = 20

/** Returns an explanation as one line for logs, whatever the labels and names in it are. */
export function inOneLine(explanation: Explanation): string {
  return printable(said(explanation))
}

function said(explanation: Explanation): string {
  const { state, active, ignored, reasons, patience, remaining, startedAgainBy } = explanation
  // What only suspends the end does not make it active.
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
