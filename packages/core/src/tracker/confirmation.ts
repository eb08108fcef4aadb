import { warn } from '../errors.ts'

/** Calls the user's `confirm` at the deadline, one call at a time. */
export class Confirmation {
  readonly #confirm: () => boolean | Promise<boolean>
  readonly #after: (ms: number, callback: () => void) => () => void
  #stop: (() => void) | undefined
  #failed = false

  constructor(confirm: () => boolean | Promise<boolean>, after: (ms: number, callback: () => void) => () => void) {
    this.#confirm = confirm
    this.#after = after
  }

  /**
   * Calls `confirm`, and calls back once with the answer.
   *
   * The answer is `false` if `confirm` fails or does not answer within `within` (ms). The first failure becomes a
   * process warning.
   */
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
    this.#stop = this.#after(within, () => settle(false))
    // The promise rejects if `confirm` throws.
    new Promise((resolve) => resolve(this.#confirm())).then((yes) => settle(yes === true), failed)
  }

  /** Stops waiting for the answer. */
  stop(): void {
    this.#stop?.()
  }
}
