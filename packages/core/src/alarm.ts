import { type Clock, fakedClock, MAX_TIMEOUT } from './clock.ts'

/** The wall clock may run ahead of the monotonic one by this much (ms) before the machine counts as having been suspended. */
const SUSPENDED = 1000

/** An alarm that rings later than this (ms, at most a patience) was held up by more than a busy moment. */
const HELD_UP = 5000

/** One timer that is set anew again and again, and tells whether the machine or the process stood still meanwhile. */
export class Alarm {
  readonly #clock: Clock
  readonly #heldUp: number
  readonly #ring: (now: number, overslept: boolean) => void
  #timer: unknown
  /** Both clocks at the time at which it should ring. */
  #due = { now: 0, date: 0 }

  constructor(clock: Clock, patience: number, ring: (now: number, overslept: boolean) => void) {
    this.#clock = clock
    this.#heldUp = Math.min(patience, HELD_UP)
    this.#ring = ring
  }

  /** Rings once, at a monotonic time; earlier, where a timer cannot be that long. `Infinity`: never. */
  set(at: number): void {
    this.clear()
    if (at === Infinity) return
    const now = this.#clock.now()
    const ms = Math.min(Math.max(Math.ceil(at - now), 0), MAX_TIMEOUT)
    this.#due = { now: now + ms, date: this.#clock.date() + ms }
    this.#timer = this.#clock.setTimeout(() => this.#wake(), ms)
  }

  clear(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wake(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    const late = now - this.#due.now
    const ahead = this.#clock.date() - this.#due.date - late
    // node:test moves its time all the way before it runs the first timer.
    const overslept = this.#clock !== fakedClock && (late > this.#heldUp || ahead > SUSPENDED)
    this.#ring(now, overslept)
  }
}
