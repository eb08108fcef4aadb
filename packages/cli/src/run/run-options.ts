import type { IdleEnvironment } from '../register/settings.ts'

/** What the supervisor holds: a port, on all addresses or on one, or a unix path (a named pipe on Windows). */
export type ListenAddress = { readonly host?: string; readonly port: number } | { readonly path: string }

/** What {@link Runner} takes, checked. Durations in milliseconds; `Infinity` means never. */
export interface RunOptions {
  /** At least one. Port 0 is refused by the command; here it picks a free one. */
  readonly listen: readonly ListenAddress[]
  /** A program and its arguments. It is looked up in PATH, and no shell is involved. */
  readonly command: readonly [file: string, ...args: string[]]
  /** IDLE_* settings for the command. They win over those of the environment. */
  readonly idle?: IdleEnvironment
  /** Further variables for the command. They win over those of the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Where what the command prints goes. Default: `inherit`, to where this process prints. */
  readonly stdout?: 'inherit' | 'stderr'
  /** Where the command runs. Default: where this process does. */
  readonly cwd?: string
  /**
   * Connections are piped to this port of 127.0.0.1 once it accepts, in place of being passed on: for programs that are not
   * Node, or must bind themselves. Takes one `listen`.
   */
  readonly proxy?: number
  /** How long the command may take until it listens. Then it is killed, which counts as a failure. Default: 60,000. */
  readonly readyTimeout?: number
  /** How many connections may wait while no command listens. Those beyond are answered with 503, or closed. Default: 1,000. */
  readonly maxQueue?: number
  /** After so many failures in a row, what waits is answered with 502, or closed. Default: 5. */
  readonly maxFailures?: number
  /** The pause before the first restart after a failure; it doubles each time, up to 30 s. Default: 250. */
  readonly backoff?: number
}
