import { after } from './clock.ts'
import type { Connection } from './connection/connection.ts'
import { hasSpoken, isSilent } from './connection/silence.ts'
import type { Countdown } from './countdown.ts'
import type { Drain } from './drain.ts'
import { afterTwoTurns } from './last-look.ts'

/** The delay (ms) of the first check in a drain, and the factor by which the delay grows. */
const FIRST_LOOK = 500
const LATER = 1.25

/** The least silence limit (ms) in a drain: as long as the default grace. */
const MOST_SILENCE = 10_000

/**
 * Checks the connections of one server periodically, with one timer for all of them.
 *
 * Destroys sockets that are stuck and that Node never closes. Stops waiting for clients that have been silent for too
 * long.
 */
export class Looks {
  readonly #connections: ReadonlySet<Connection>
  readonly #countdown: Countdown
  readonly #drain: Drain
  /** Cancels the next check, if there is one. */
  #forget: (() => void) | undefined

  constructor(connections: ReadonlySet<Connection>, countdown: Countdown, drain: Drain) {
    this.#connections = connections
    this.#countdown = countdown
    this.#drain = drain
  }

  /** Checks once per patience from now on, for as long as there are connections. */
  begin(): void {
    if (this.#forget === undefined) this.#lookIn(this.#countdown.patience)
  }

  /** Checks more often from now on, until the end. Called when the listeners have closed. */
  finish(): void {
    this.#lookIn(FIRST_LOOK)
  }

  /** Stops the checks. */
  end(): void {
    this.#forget?.()
    this.#forget = undefined
  }

  #lookIn(ms: number): void {
    this.#forget?.()
    this.#forget = after(this.#countdown.clock, ms, () => {
      this.#forget = undefined
      this.#look()
      if (this.#drain.finishing) this.#lookIn(LATER * ms)
      else if (this.#connections.size > 0) this.#lookIn(ms)
    })
  }

  #look(): void {
    const now = this.#countdown.clock.now()
    const { mostSilence } = this.#countdown
    const most = this.#drain.finishing ? Math.max(mostSilence, MOST_SILENCE) : mostSilence
    for (const connection of this.#connections) {
      connection.destroyClosed()
      connection.countAgain()
      if (!isSilent(connection, now, most)) continue
      if (!this.#drain.finishing) {
        connection.letGo()
        continue
      }
      // Timers run first after a gap in the event loop, before bytes that arrived meanwhile are read.
      afterTwoTurns(() => {
        if (!hasSpoken(connection)) connection.giveUp()
      })
    }
  }
}
