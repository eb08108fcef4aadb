import { after } from './clock.ts'
import type { Connection } from './connection/connection.ts'
import { hasSpoken, isSilent } from './connection/silence.ts'
import type { Countdown } from './countdown.ts'
import type { Drain } from './drain.ts'
import { afterTwoTurns } from './last-look.ts'

/** When connections are first looked at in a drain (ms), and how much further away each next time is. */
const FIRST_LOOK = 500
const LATER = 1.25

/** For how long (ms, at least) a drain waits for a client that says nothing: as long as the default grace. */
const MOST_SILENCE = 10_000

/**
 * Looks at the connections of one server now and then, one timer for all of them: what is closed and Node waits for all the same is
 * destroyed, and what waits for a client that says nothing is waited for no longer.
 */
export class Looks {
  readonly #connections: ReadonlySet<Connection>
  readonly #countdown: Countdown
  readonly #drain: Drain
  /** Forgets the next one, if there is to be one. */
  #forget: (() => void) | undefined

  constructor(connections: ReadonlySet<Connection>, countdown: Countdown, drain: Drain) {
    this.#connections = connections
    this.#countdown = countdown
    this.#drain = drain
  }

  /** Looks once every patience from now on, for as long as there are connections. */
  begin(): void {
    if (this.#forget === undefined) this.#lookIn(this.#countdown.patience)
  }

  /** The listeners are down: looks more often, and until the end. */
  finish(): void {
    this.#lookIn(FIRST_LOOK)
  }

  /** Looks no more. */
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
      // After a gap in the event loop, timers are due before what came meanwhile is read.
      afterTwoTurns(() => {
        if (!hasSpoken(connection)) connection.giveUp()
      })
    }
  }
}
