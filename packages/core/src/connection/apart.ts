import type { ServerResponse } from 'node:http'
import type { Countdown } from '../countdown.ts'

/** An ignored response suspends the end. One whose client is silent does not even that, until the client speaks again. */
type How = 'ignored' | 'silent' | 'ignored and silent'

/** The responses in progress on one connection that are no activity, and how each counts instead. */
export class Apart {
  readonly #countdown: Countdown
  readonly #how = new Map<ServerResponse, How>()

  constructor(countdown: Countdown) {
    this.#countdown = countdown
  }

  /** Whether it suspends the end. */
  isIgnored(response: ServerResponse): boolean {
    return this.#how.get(response) === 'ignored'
  }

  /** Whether it counts no longer, as its client is silent. */
  isLetGo(response: ServerResponse): boolean {
    return this.#how.has(response) && !this.isIgnored(response)
  }

  /** It was begun as an activity, and is none. Reports whether that is new. */
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

  /** Its client has been silent for too long. */
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

  /** Its client has spoken again. Reports whether it is an activity. */
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

  /** It ends. Reports whether it was one of these: otherwise it was an activity. */
  end(response: ServerResponse): boolean {
    if (this.isIgnored(response)) this.#countdown.endSoft()
    return this.#how.delete(response)
  }
}
