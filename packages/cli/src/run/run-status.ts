import type { ListenAddress } from './run-options.ts'

/** What the supervisor is doing. Plain data: it can be written as JSON. */
export interface RunStatus {
  /**
   * `asleep`: no command runs, and the next connection starts one. `starting`: it does not listen yet. `awake`: it serves.
   * `ending`: it has been let go, and has not ended yet. `backing-off`: it failed, and is started for a connection that waits or arrives,
   * at {@link retryAt} at the earliest. `gave-up`: it failed too often in a row. Connections are refused until {@link retryAt}, and the next
   * one after that starts it. `stopping`: the supervisor ends. `stopped`: it has ended, or has not begun.
   */
  readonly state: 'asleep' | 'starting' | 'awake' | 'ending' | 'backing-off' | 'gave-up' | 'stopping' | 'stopped'
  /** When it came into this state, in ms since 1970. */
  readonly since: number
  /** When the supervisor began, in ms since 1970. */
  readonly begun: number
  readonly listen: readonly ListenAddress[]
  readonly command: readonly string[]
  /** Process id of the command, while it runs. */
  readonly pid: number | undefined
  /** How often the command was started. */
  readonly starts: number
  /** Failures in a row. */
  readonly failures: number
  /** How many connections were accepted. */
  readonly connections: number
  /** How many connections wait for the command. */
  readonly waiting: number
  /** The last cold starts in ms, the latest last; 20 at most. */
  readonly coldStarts: readonly number[]
  /** Why the command last failed, and when. */
  readonly lastFailure: { readonly why: string; readonly at: number } | undefined
  /** When a command that failed may be started again, in ms since 1970; `undefined` once it was, or without a failure. */
  readonly retryAt: number | undefined
  /** What the command itself says of its idleness: as of the last {@link Runner.refresh}. */
  readonly idle: IdleReport | undefined
}

/** What a command that is awake says of its idleness. */
interface IdleReport {
  /** How many things hold it awake. */
  readonly active: number
  /** When it will be idle, in ms since 1970; `undefined` while something is active. */
  readonly deadline: number | undefined
  readonly patience: number
  /** What holds it awake, a line each. */
  readonly reasons: readonly string[]
}
