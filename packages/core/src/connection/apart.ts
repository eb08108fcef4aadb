import type { ServerResponse } from 'node:http'
import type { Countdown } from '../countdown.ts'

/**
 * An ignored response suspends the end. A response whose client is silent does not, until the client sends data again.
 */
type How = 'ignored' | 'silent' | 'ignored and silent'

/** The responses in progress on one connection that do not count as an activity, and how each counts instead. */
export class Apart {
  readonly #countdown: Countdown
  readonly #how = new Map<ServerResponse, How>()

  constructor(countdown: Countdown) {
    this.#countdown = countdown
  }

  /** Reports whether the response suspends the end. */
  isIgnored(response: ServerResponse): boolean {
    return this.#how.get(response) === 'ignored'
  }

  /** Reports whether the response does not count, since its client is silent. */
  isLetGo(response: ServerResponse): boolean {
    return this.#how.has(response) && !this.isIgnored(response)
  }

  /** Marks a response that counts as an activity as ignored. Reports whether it was not ignored before. */
  ignore(response: ServerResponse): boolean {
    const how = this.#how.get(response)
    if (how === undefined) {
      this.#how.set(response, 'ignored')
      this.#countdown.beginSoft()
      this.#countdown.retract()
    } else if (how === 'silent') {
      this.#how.set(response, 'ignored and silent')
    }
    return how === undefined || how === 'silent'
  }

  /** Stops counting a response whose client has been silent for too long. */
  letGo(response: ServerResponse): void {
    const how = this.#how.get(response)
    if (how === undefined) {
      this.#how.set(response, 'silent')
      this.#countdown.end()
    } else if (how === 'ignored') {
      this.#how.set(response, 'ignored and silent')
      this.#countdown.endSoft()
    }
  }

  /** Counts a response again whose client has sent data. Reports whether the response is an activity. */
  countAgain(response: ServerResponse): boolean {
    if (this.#how.get(response) === 'silent') {
      this.#how.delete(response)
      this.#countdown.begin()
      return true
    }
    this.#how.set(response, 'ignored')
    this.#countdown.beginSoft()
    return false
  }

  /** Removes a response that has ended. Returns `false` if the response counted as an activity. */
  end(response: ServerResponse): boolean {
    if (this.isIgnored(response)) this.#countdown.endSoft()
    return this.#how.delete(response)
  }
}
