import type { RunEvent } from './run-event.ts'
import type { RunOptions } from './run-options.ts'
import type { RunStatus } from './run-status.ts'

/**
 * Holds ports, starts a command on the first connection, passes connections on, and lets the command go when it is idle.
 *
 * Does not end by itself, install signal handlers or print: that is the command line's.
 */
export class Runner {
  readonly #options: RunOptions
  readonly #onEvent: (event: RunEvent) => void
  #status: RunStatus

  constructor(options: RunOptions, onEvent: (event: RunEvent) => void) {
    this.#options = options
    this.#onEvent = onEvent
    const now = Date.now()
    const { listen, command } = options
    this.#status = {
      state: 'stopped',
      since: now,
      begun: now,
      listen,
      command,
      pid: undefined,
      starts: 0,
      failures: 0,
      connections: 0,
      waiting: 0,
      coldStarts: [],
      lastFailure: undefined,
      idle: undefined,
    }
  }

  /** What it is doing now. */
  get status(): RunStatus {
    return this.#status
  }

  /**
   * Begins to hold the addresses. Rejects with the system's error (`EADDRINUSE`, `EACCES`, …), which has `address` and `port`;
   * then nothing is held. Rejects with `ENOENT` or `EACCES` where the command is none: looked up now, so that a wrong one is known at once.
   */
  async start(): Promise<void> {}

  /** Asks the command how idle it is, and gives the status with its answer; without one within a second, the last known. */
  async refresh(): Promise<RunStatus> {
    return this.#status
  }

  /**
   * Takes no more connections, lets the command answer what it has (`signal` is passed on to it), and resolves when it has ended.
   * Called again, the command is killed at once.
   */
  async stop(signal: NodeJS.Signals): Promise<void> {
    this.#onEvent({ event: 'stopping', signal, waiting: this.#options.listen.length })
  }
}
