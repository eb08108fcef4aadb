import { after, type Clock } from './clock.ts'
import { warn } from './errors.ts'
import type { Duration } from './options.ts'
import { printable } from './printable.ts'

/** One reason to stay: a job, an upload, a subscription. Made by `tracker.hold()`. */
export interface Hold extends Disposable {
  /** What it is for, as `explain()` shows it. */
  readonly label: string
  /** Ends the hold and starts the clock anew. Safe to call twice: the second does nothing. */
  release(): void
  /** Ends the hold as if it had never been: the old deadline stands again. After a release it does nothing. */
  cancel(): void
}

/** What a hold may be given. */
export interface HoldOptions {
  /** After this long it is released all the same, with a process warning. Default: never. */
  maxAge?: Duration
}

/** A hold that counts. Once ended, it tells its owner, once. */
export class CountedHold implements Hold {
  readonly label: string
  /** When it began, in wall-clock milliseconds. */
  readonly since: number
  readonly #ended: (hold: CountedHold, renews: boolean) => void
  readonly #forgetMaxAge: () => void
  #open = true

  constructor(label: string, maxAge: number, clock: Clock, ended: (hold: CountedHold, renews: boolean) => void) {
    this.label = label
    this.since = clock.date()
    this.#ended = ended
    this.#forgetMaxAge = after(clock, maxAge, () => {
      warn(
        'IDLE_HOLD_EXPIRED',
        `The hold '${printable(label)}' was not released within its maxAge of ${maxAge} ms, and is released now`,
      )
      this.release()
    })
  }

  release(): void {
    this.#end(true)
  }

  cancel(): void {
    this.#end(false)
  }

  [Symbol.dispose](): void {
    this.release()
  }

  /** Its tracker is disposed: nobody is there to be warned. */
  forgetMaxAge(): void {
    this.#forgetMaxAge()
  }

  #end(renews: boolean): void {
    if (!this.#open) return
    this.#open = false
    this.#forgetMaxAge()
    this.#ended(this, renews)
  }
}

/** The hold that a tracker gives after its end: it holds nothing. */
export function endedHold(label: string): Hold {
  return { label, release() {}, cancel() {}, [Symbol.dispose]() {} }
}
