import { showListenAddress } from '../listen-address.ts'
import type { RunStatus } from '../run/run-status.ts'

/** The JSON that `--status` serves. Times are ms since 1970, durations ms. Unknown values are null. */
export interface StatusReport {
  readonly state: RunStatus['state']
  /** The current time of the clock that all times refer to. */
  readonly now: number
  /** When this state began. */
  readonly since: number
  /** When idle-shutdown began. */
  readonly begun: number
  /** The time for which idle-shutdown has been running. */
  readonly uptime: number
  /**
   * The time until the command ends if no client arrives. null while the command is in use, and while it is not awake.
   */
  readonly countdown: number | null
  readonly listen: readonly string[]
  readonly command: readonly string[]
  readonly pid: number | null
  readonly starts: number
  readonly failures: number
  readonly connections: number
  readonly waiting: number
  readonly lastColdStart: number | null
  readonly coldStarts: readonly number[]
  readonly lastFailure: { readonly why: string; readonly at: number } | null
  /** When a failed command may be started again, for a connection that waits or arrives. */
  readonly retryAt: number | null
  readonly idle: {
    readonly active: number
    readonly deadline: number | null
    /** null means never. */
    readonly patience: number | null
    /** The activities, a line each: `stream GET /events (for 12 s, last byte 3 s ago)`. */
    readonly reasons: readonly string[]
    /** The streams and upgraded sockets that are open and do not count, a line each. */
    readonly uncounted: readonly string[]
  } | null
}

/** Returns the JSON for a status. */
export function statusReport(status: RunStatus, now: number = Date.now()): StatusReport {
  const { state, since, begun, listen, command, pid, starts, failures, connections, waiting, coldStarts } = status
  const idle = state === 'awake' ? status.idle : undefined
  return {
    state,
    now,
    since,
    begun,
    uptime: now - begun,
    countdown: idle?.deadline === undefined ? null : Math.max(0, idle.deadline - now),
    listen: listen.map(showListenAddress),
    command,
    pid: pid ?? null,
    starts,
    failures,
    connections,
    waiting,
    lastColdStart: coldStarts.at(-1) ?? null,
    coldStarts,
    lastFailure: status.lastFailure ?? null,
    retryAt: status.retryAt ?? null,
    idle: idle === undefined ? null : { ...idle, deadline: idle.deadline ?? null, patience: finite(idle.patience) },
  }
}

/** JSON has no Infinity. */
function finite(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null
}
