import { type Clock, MAX_TIMEOUT } from './clock.ts'

/** The machine's uptime, in whole seconds on some, may run ahead of monotonic time by this much (ms) before it was a suspend. */
const SUSPENDED = 1000

/** One timer that is set anew again and again, and tells whether the machine or the process stood still meanwhile. */
export class Alarm {
  readonly #clock: Clock
  readonly #heldUp: number
  readonly #ring: (now: number, overslept: boolean) => void
  #timer: unknown
  /** When it should ring. */
  #due = 0
  /** How far the machine's uptime was ahead when it last rang, or was set while it was not; `Infinity` before that. */
  #ahead = Infinity

  /** Has overslept when it rings later than `heldUp` (ms). */
  constructor(clock: Clock, heldUp: number, ring: (now: number, overslept: boolean) => void) {
    this.#clock = clock
    this.#heldUp = heldUp
    this.#ring = ring
  }

  /** Rings once, at a monotonic time; earlier, where a timer cannot be that long. `Infinity`: never. */
  set(at: number): void {
    // Set anew, it has yet to tell of a suspend since it was first set.
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

  /** Whether the machine was suspended since it last rang, or was set. */
  get suspended(): boolean {
    return this.#aheadNow - this.#ahead > SUSPENDED
  }

  get #aheadNow(): number {
    return (this.#clock.uptime?.() ?? this.#clock.date()) - this.#clock.now()
  }

  #wake(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    const late = now - this.#due > this.#heldUp
    const { suspended } = this
    // A suspend is told once.
    this.#ahead = this.#aheadNow
    this.#ring(now, late || suspended)
  }
}
