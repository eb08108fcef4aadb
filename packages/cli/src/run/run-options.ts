import type { ListenAddress } from '../listen-address.ts'
import type { IdleEnvironment } from '../settings.ts'

/** The validated options of a {@link Runner}. Durations are in milliseconds; `Infinity` means never. */
export interface RunOptions {
  /** The addresses, at least one. The command line refuses port 0; here it picks a free port. */
  readonly listen: readonly ListenAddress[]
  /** A program and its arguments. The program is looked up in PATH, without a shell. */
  readonly command: readonly [file: string, ...args: string[]]
  /** IDLE_* settings for the command. They win over those of the environment. */
  readonly idle?: IdleEnvironment
  /** Further variables for the command. They win over those of the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** The destination of the command's output. Default: `inherit`, the output of this process. */
  readonly stdout?: 'inherit' | 'stderr'
  /** The working directory of the command. Default: that of this process. */
  readonly cwd?: string
  /**
   * The port of 127.0.0.1 to which connections are piped once it accepts. For programs that are not Node, or must bind
   * themselves. Takes one `listen`.
   */
  readonly proxy?: number
  /**
   * The time in which the command must listen. A slower command is killed, which counts as a failure. Default: 60,000.
   */
  readonly readyTimeout?: number
  /**
   * The number of connections that may wait while no command listens. Further ones are answered with 503, or closed.
   * Default: 1,000.
   */
  readonly maxQueue?: number
  /** After this many failures in a row, waiting connections are answered with 502, or closed. Default: 5. */
  readonly maxFailures?: number
  /** The pause before the first restart after a failure. It doubles each time, up to 30 s. Default: 250. */
  readonly backoff?: number
}
