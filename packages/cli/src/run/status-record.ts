import type { Failures } from './failures.ts'
import type { RunStatus } from './run-status.ts'

/** The number of cold starts in the status. */
const MOST_COLD_STARTS = 20

/** Records the state of a supervisor, and what a status counts. */
export class StatusRecord {
  /** The number of accepted connections. */
  connections = 0
  /** The number of starts of the command. */
  starts = 0
  readonly #failures: Failures
  readonly #begun: number = Date.now()
  #state: RunStatus['state'] = 'stopped'
  #since: number = Date.now()
  #coldStarts: readonly number[] = []
  #stopping = false

  constructor(failures: Failures) {
    this.#failures = failures
  }

  get state(): RunStatus['state'] {
    return this.#state
  }

  /** Changes the state. After `stopping`, only `stopped` follows. */
  enter(state: RunStatus['state']): void {
    this.#stopping ||= state === 'stopping'
    if (state === this.#state || (this.#stopping && state !== 'stopping' && state !== 'stopped')) return
    this.#state = state
    this.#since = Date.now()
  }

  /** Records the duration (ms) of a cold start. */
  coldStart(ms: number): void {
    this.#coldStarts = [...this.#coldStarts, ms].slice(-MOST_COLD_STARTS)
  }

  /** Returns a status with what is known elsewhere. */
  status(rest: Pick<RunStatus, 'listen' | 'command' | 'pid' | 'waiting' | 'idle'>): RunStatus {
    const { count, last, retryAt, areTooMany } = this.#failures
    // `asleep` alone would hide the failures: after too many of them, the next start may fail, too.
    const gaveUp = areTooMany && (this.#state === 'backing-off' || this.#state === 'asleep')
    return {
      ...rest,
      state: gaveUp ? 'gave-up' : this.#state,
      since: gaveUp ? (last?.at ?? this.#since) : this.#since,
      begun: this.#begun,
      starts: this.starts,
      failures: count,
      connections: this.connections,
      coldStarts: [...this.#coldStarts],
      lastFailure: last,
      retryAt,
    }
  }
}
