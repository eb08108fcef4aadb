import type { ListenAddress } from '../listen-address.ts'

/** The status of the supervisor. Plain data, which can be written as JSON. */
export interface RunStatus {
  /**
   * `asleep`: no command runs, and the next connection starts one. `starting`: the command does not listen yet.
   * `awake`: it serves. `ending`: it is idle and ends. `stopping`: the supervisor ends. `stopped`: the supervisor has
   * ended, or has not begun.
   *
   * `backing-off`: the command failed, and a connection starts it again at {@link retryAt} at the earliest. `gave-up`:
   * it failed too often in a row. Connections are refused until {@link retryAt}, and the next one after that starts it.
   */
  readonly state: 'asleep' | 'starting' | 'awake' | 'ending' | 'backing-off' | 'gave-up' | 'stopping' | 'stopped'
  /** When this state began, in ms since 1970. */
  readonly since: number
  /** When the supervisor began, in ms since 1970. */
  readonly begun: number
  readonly listen: readonly ListenAddress[]
  readonly command: readonly string[]
  /** The process id of the command, while it runs. */
  readonly pid: number | undefined
  /** The number of starts of the command. */
  readonly starts: number
  /** The number of failures in a row. */
  readonly failures: number
  /** The number of accepted connections. */
  readonly connections: number
  /** The number of connections that wait for the command. */
  readonly waiting: number
  /** The durations of the last cold starts in ms, the latest last; at most 20. */
  readonly coldStarts: readonly number[]
  /** The reason and the time of the command's last failure. */
  readonly lastFailure: { readonly why: string; readonly at: number } | undefined
  /** When a failed command may be started again, in ms since 1970. `undefined` once it was, or without a failure. */
  readonly retryAt: number | undefined
  /** The idleness that the command itself reported at the last {@link Runner.refresh}. */
  readonly idle: IdleReport | undefined
}

/** The idleness of a command that is awake. */
interface IdleReport {
  /** The number of things that keep it active. */
  readonly active: number
  /** When it will be idle, in ms since 1970. `undefined` while something is active. */
  readonly deadline: number | undefined
  readonly patience: number
  /** The things that keep it active, a line each. */
  readonly reasons: readonly string[]
  /** The streams and upgraded sockets that are open and do not count, a line each. */
  readonly uncounted: readonly string[]
}
