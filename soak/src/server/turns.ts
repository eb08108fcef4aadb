import { now } from '../now.ts'

/**
 * When the last turns of the event loop began. Does not keep the process alive, and makes no turn of its own: immediates
 * that are unref'd are called once a turn, however long the loop sleeps in between (Node 20 to 26).
 */
export class Turns {
  #previous = now()
  #last = now()

  constructor() {
    this.#turn()
  }

  /** A moment before the event loop last looked for what had arrived. */
  get before(): number {
    return this.#previous
  }

  readonly #turn = (): void => {
    this.#previous = this.#last
    this.#last = now()
    setImmediate(this.#turn).unref()
  }
}
