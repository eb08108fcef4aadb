import type { Connection, DrainState } from '../connection/connection.ts'
import { HttpConnection } from '../connection/http-connection.ts'
import { hasSpoken, isSilent } from '../connection/silence.ts'
import type { Countdown } from '../tracker/countdown.ts'
import { afterTwoTurns } from '../tracker/event-loop.ts'

/** The delay (ms) of the first check in a drain, and the factor by which the delay grows. */
const FIRST_CHECK = 500
const BACKOFF = 1.25

/** The least silence limit (ms) in a drain: as long as the default grace. */
const LEAST_IN_DRAIN = 10_000

/**
 * Checks the connections of one server periodically, with one timer for all of them.
 *
 * Counts responses that have become streams. Destroys sockets that are stuck and that Node never closes. Stops waiting for clients that have been silent for too
 * long.
 */
export class PeriodicChecks {
  readonly #connections: ReadonlySet<Connection>
  readonly #countdown: Countdown
  readonly #drain: DrainState
  /** Cancels the next check, if there is one. */
  #cancel: (() => void) | undefined

  constructor(connections: ReadonlySet<Connection>, countdown: Countdown, drain: DrainState) {
    this.#connections = connections
    this.#countdown = countdown
    this.#drain = drain
  }

  /** Checks once per patience from now on, for as long as there are connections. */
  start(): void {
    if (this.#cancel === undefined) this.#schedule(this.#countdown.patience)
  }

  /** Checks more often from now on, until the end. Called when the listeners have closed. */
  speedUp(): void {
    this.#schedule(FIRST_CHECK)
  }

  /** Stops the checks. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(ms: number): void {
    this.#cancel?.()
    this.#cancel = this.#countdown.after(ms, () => {
      this.#cancel = undefined
      this.#check()
      if (this.#drain.finishing) this.#schedule(BACKOFF * ms)
      else if (this.#connections.size > 0) this.#schedule(ms)
    })
  }

  #check(): void {
    const now = this.#countdown.clock.now()
    const { silenceLimit } = this.#countdown
    const most = this.#drain.finishing ? Math.max(silenceLimit, LEAST_IN_DRAIN) : silenceLimit
    for (const connection of this.#connections) {
      connection.destroyIfStuck()
      connection.resumeCounting()
      if (connection instanceof HttpConnection) connection.lookAtStreams()
      if (!isSilent(connection, now, most)) continue
      if (!this.#drain.finishing) {
        connection.suspendCounting()
        continue
      }
      // Timers run first after a gap in the event loop, before bytes that arrived meanwhile are read.
      afterTwoTurns(() => {
        if (!hasSpoken(connection)) connection.abortWaiting()
      })
    }
    // What became a stream during the drain.
    if (this.#drain.finishing) this.#drain.endUncounted([...this.#connections])
  }
}
