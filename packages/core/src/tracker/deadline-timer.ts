import { type Clock, fakedClock, MAX_TIMEOUT } from '../clock.ts'

/** A timer that is later than this (ms, at most a patience) means that the process was stopped, and not only busy. */
const LATE_BY = 5000

/**
 * The most lead (ms) of the machine's uptime over monotonic time that is not a suspend. Some systems report whole
 * seconds.
 */
const SUSPENDED = 1000

/** A timer that is set again and again. Reports whether the machine or the process was stopped meanwhile. */
export class DeadlineTimer {
  readonly #clock: Clock
  readonly #lateBy: number
  readonly #fire: (now: number, overslept: boolean) => void
  #timer: unknown
  /** The time at which the timer is due. */
  #due = 0
  /**
   * The lead of the machine's uptime over monotonic time when the timer last fired, or was first set after that.
   * `Infinity` before.
   */
  #ahead = Infinity

  /** Calls `fire` with `overslept` if the process was stopped or the machine was suspended meanwhile. */
  constructor(clock: Clock, patience: number, fire: (now: number, overslept: boolean) => void) {
    this.#clock = clock
    // node:test moves its time all the way before it runs the first timer, so that lateness shows nothing.
    this.#lateBy = clock === fakedClock ? Infinity : Math.min(patience, LATE_BY)
    this.#fire = fire
  }

  /** Fires once, at a monotonic time, or earlier if a timer cannot be that long. `Infinity`: never. */
  set(at: number): void {
    // Rescheduling keeps the old baseline, so that a suspend since the first set() is still reported.
    if (this.#timer === undefined) this.#ahead = this.#aheadNow
    this.clear()
    if (at === Infinity) return
    const now = this.#clock.now()
    const ms = Math.min(Math.max(Math.ceil(at - now), 0), MAX_TIMEOUT)
    this.#due = now + ms
    this.#timer = this.#clock.setTimeout(() => this.#wake(), ms)
  }

  clear(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Reports whether the machine was suspended since the timer last fired or was first set. */
  get suspended(): boolean {
    return this.#aheadNow - this.#ahead > SUSPENDED
  }

  get #aheadNow(): number {
    return (this.#clock.uptime?.() ?? this.#clock.date()) - this.#clock.now()
  }

  #wake(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    const late = now - this.#due > this.#lateBy
    const { suspended } = this
    // Report each suspend once.
    this.#ahead = this.#aheadNow
    this.#fire(now, late || suspended)
  }
}
