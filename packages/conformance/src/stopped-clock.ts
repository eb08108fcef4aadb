import type { Clock } from '@idle-shutdown/core'

/**
 * A clock that stands still until a test moves it, for behaviours that compare deadlines to the millisecond. Only time
 * is injected: servers and sockets are real.
 */
export class StoppedClock implements Clock {
  #now = 1_000_000
  readonly #timers = new Set<{ readonly due: number; readonly callback: () => void }>()

  now(): number {
    return this.#now
  }

  date(): number {
    return this.#now
  }

  setTimeout(callback: () => void, ms: number): unknown {
    const timer = { due: this.#now + ms, callback }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(timer: unknown): void {
    for (const known of this.#timers) if (known === timer) this.#timers.delete(known)
  }

  /** The number of timers that are set. */
  get timers(): number {
    return this.#timers.size
  }

  /** Moves time forward, and runs the timers that fall due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.due)
      next.callback()
    }
    this.#now = end
  }
}
