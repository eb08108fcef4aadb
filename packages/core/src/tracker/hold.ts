import { invalidOption, warn } from '../errors.ts'
import { type Duration, milliseconds, rejectUnknownOptions } from '../options.ts'
import { printable } from '../printable.ts'
import type { Countdown } from './countdown.ts'

/** A reason to stay active: a job, an upload, a subscription. Made by `tracker.hold()`. */
export interface Hold extends Disposable {
  /** The purpose of the hold, as `explain()` shows it. */
  readonly label: string
  /** Ends the hold and renews the deadline. A second call does nothing. */
  release(): void
  /** Ends the hold without a trace: the old deadline stands again. Does nothing after a release. */
  cancel(): void
}

/** The options of a hold. */
export interface HoldOptions {
  /** The time after which the hold is released anyway, with a process warning. Default: never. */
  maxAge?: Duration
}

/** Returns the maximum age of a hold in milliseconds. Throws an `IdleUsageError` for a wrong label or option. */
export function maxAgeOf(label: string, options: HoldOptions): number {
  if (typeof label !== 'string') throw invalidOption('label', label, 'a text')
  rejectUnknownOptions(options, ['maxAge'])
  const { maxAge = Infinity } = options
  return milliseconds('maxAge', maxAge)
}

/** Warns that a hold has reached its maximum age. */
export function warnOfAge(label: string, maxAge: number): void {
  warn(
    'IDLE_HOLD_EXPIRED',
    `The hold '${printable(label)}' was not released within its maxAge of ${maxAge} ms, and is released now`,
  )
}

/** A hold that counts. Calls back once when it ends. */
export class CountedHold implements Hold {
  readonly label: string
  /** The time at which the hold began, in wall-clock milliseconds. */
  readonly since: number
  readonly #ended: (hold: CountedHold, renews: boolean) => void
  readonly #forgetMaxAge: () => void
  #open = true

  constructor(
    label: string,
    maxAge: number,
    countdown: Countdown,
    ended: (hold: CountedHold, renews: boolean) => void,
  ) {
    this.label = label
    this.since = countdown.clock.date()
    this.#ended = ended
    this.#forgetMaxAge = countdown.after(maxAge, () => {
      warnOfAge(label, maxAge)
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

  /** Cancels the maximum age. Called when the tracker is disposed, so that the hold has nothing to keep up. */
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

/** Returns the hold of a tracker that has ended, which does nothing. */
export function endedHold(label: string): Hold {
  return { label, release() {}, cancel() {}, [Symbol.dispose]() {} }
}
