import { after, type Clock } from './clock.ts'
import { warn } from './errors.ts'

/** Asks the user at the deadline whether it may end, one question at a time. */
export class Confirmation {
  readonly #confirm: () => boolean | Promise<boolean>
  readonly #clock: Clock
  readonly #patience: number
  #stop: (() => void) | undefined
  #failed = false

  constructor(confirm: () => boolean | Promise<boolean>, clock: Clock, patience: number) {
    this.#confirm = confirm
    this.#clock = clock
    this.#patience = patience
  }

  /** Calls back once with the answer. It is no after a patience without one, and if `confirm` fails, of which one warning tells. */
  ask(answer: (yes: boolean) => void): void {
    let answered = false
    const settle = (yes: boolean): void => {
      if (answered) return
      answered = true
      this.stop()
      answer(yes)
    }
    const failed = (error: unknown): void => {
      if (!this.#failed) warn('IDLE_CONFIRM_FAILED', 'confirm failed, which counts as false', error)
      this.#failed = true
      settle(false)
    }
    this.#stop = after(this.#clock, this.#patience, () => settle(false))
    try {
      Promise.resolve(this.#confirm()).then((yes) => settle(yes === true), failed)
    } catch (error) {
      failed(error)
    }
  }

  /** Waits for no answer any more. */
  stop(): void {
    this.#stop?.()
  }
}
