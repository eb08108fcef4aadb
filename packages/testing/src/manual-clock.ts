import { turns } from './turns.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** More timers than any test needs: a tracker that sets timers in a loop fails the test instead of hanging it. */
const MOST_TIMERS = 10_000

/**
 * A clock whose time a test advances, for `clock` of the core's options. Only time is injected: servers and sockets are
 * real. Counts its calls.
 *
 * Refuses timeouts that Node would cut to 1 ms with a TimeoutOverflowWarning.
 */
export class ManualClock {
  /** The number of times that a timer was set, or a set timer was cleared. */
  timerOperations = 0
  /** The number of `now()` calls. */
  reads = 0
  /** The time (ms) by which its timers fire early, as Node's do by up to 1 ms. */
  earliness = 0
  #now = 1000
  #date: number = Date.UTC(2026, 0, 1)
  readonly #timers = new Set<Timer>()

  now(): number {
    this.reads++
    return this.#now
  }

  date(): number {
    return this.#date
  }

  setTimeout(callback: () => void, ms: number): unknown {
    if (!(ms >= 0 && ms < 2 ** 31)) throw new RangeError(`A timeout of ${ms} ms would overflow`)
    this.timerOperations++
    const timer = { at: this.#now + ms, callback }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(timer: unknown): void {
    for (const known of this.#timers) {
      if (known !== timer) continue
      this.#timers.delete(known)
      this.timerOperations++
    }
  }

  /** The value of `now()`, without counting a call. */
  get time(): number {
    return this.#now
  }

  /** The number of timers that are set. */
  get timers(): number {
    return this.#timers.size
  }

  /** Lets time pass. The event loop turns after each timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await turns()
    for (let fired = 0; this.#fireNext(end); fired++) {
      if (fired === MOST_TIMERS) throw new Error(`More than ${MOST_TIMERS} timers within ${ms} ms`)
      await turns()
    }
    this.#moveTo(end)
  }

  /**
   * Lets time pass and timers fire, in order, without a turn of the event loop. So a last look has begun, and is not
   * over.
   */
  step(ms: number): void {
    const end = this.#now + ms
    while (this.#fireNext(end));
    this.#moveTo(end)
  }

  /** Blocks the event loop: timers that are due meanwhile fire late, at the end. */
  async block(ms: number): Promise<void> {
    this.#moveTo(this.#now + ms)
    await this.advance(0)
  }

  /** Suspends the machine: only the wall clock goes on. */
  suspend(ms: number): void {
    this.#date += ms
  }

  #fireNext(end: number): boolean {
    const [next] = [...this.#timers].sort((a, b) => a.at - b.at)
    if (next === undefined || next.at - this.earliness > end) return false
    this.#timers.delete(next)
    this.#moveTo(Math.max(this.#now, next.at - this.earliness))
    next.callback()
    return true
  }

  #moveTo(time: number): void {
    this.#date += time - this.#now
    this.#now = time
  }
}

/** A clock that knows the machine's uptime, so that setting its wall clock is not taken for a suspend. */
export class UptimeClock extends ManualClock {
  #asleep = 0

  uptime(): number {
    return this.time + this.#asleep
  }

  override suspend(ms: number): void {
    super.suspend(ms)
    this.#asleep += ms
  }

  /** Sets the wall clock. */
  set(ms: number): void {
    super.suspend(ms)
  }
}
