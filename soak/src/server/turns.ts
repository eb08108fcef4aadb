import { now } from '../ledger/report.ts'

/**
 * The start times of the last turns of the event loop. Does not keep the process alive, and causes no turn of its own.
 * Node calls unref'd immediates once a turn, however long the loop sleeps in between (Node 20-26).
 */
export class Turns {
  #previous = now()
  #last = now()

  constructor() {
    this.#turn()
  }

  /** A time before the event loop last polled for input. */
  get before(): number {
    return this.#previous
  }

  readonly #turn = (): void => {
    this.#previous = this.#last
    this.#last = now()
    setImmediate(this.#turn).unref()
  }
}
