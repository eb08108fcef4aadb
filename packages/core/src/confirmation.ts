import { after, type Clock } from './clock.ts'
import { warn } from './errors.ts'

/** Asks the user at the deadline whether it may end, one question at a time. */
export class Confirmation {
  readonly #confirm: () => boolean | Promise<boolean>
  readonly #clock: Clock
  #stop: (() => void) | undefined
  #failed = false

  constructor(confirm: () => boolean | Promise<boolean>, clock: Clock) {
    this.#confirm = confirm
    this.#clock = clock
  }

  /** Calls back once with the answer. The answer is no after `within` ms, or if `confirm` fails, which one process warning reports. */
  ask(within: number, answer: (yes: boolean) => void): void {
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
    this.#stop = after(this.#clock, within, () => settle(false))
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
