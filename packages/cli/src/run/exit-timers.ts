import { after, systemClock } from '@idle-shutdown/core/tracker'
import type { ExitDelays } from './command/watcher.ts'

/**
 * The time (ms) in which a command must end after it has closed everything. After a request to end, its grace is added.
 */
export const EXIT_TIMEOUT = 5000

/** The timers that end a command which does not end by itself: SIGTERM, and SIGKILL after {@link EXIT_TIMEOUT}. */
export class ExitTimers {
  readonly #signal: (signal: NodeJS.Signals, why: string) => void
  #undo: (() => void)[] = []

  /** Calls back with each signal that is due, and the reason. */
  constructor(signal: (signal: NodeJS.Signals, why: string) => void) {
    this.#signal = signal
  }

  /** Reports whether the timers were set, also if they have fired. */
  get areSet(): boolean {
    return this.#undo.length > 0
  }

  /** Sets the timers in place of earlier ones. SIGTERM is due after `ms`. */
  set(ms: number, why: string): void {
    this.clear()
    this.#undo = [
      after(systemClock, ms, () => this.#signal('SIGTERM', why)),
      after(systemClock, ms + EXIT_TIMEOUT, () => this.#signal('SIGKILL', why)),
    ]
  }

  clear(): void {
    for (const undo of this.#undo.splice(0)) undo()
  }
}

/**
 * Returns how long the watcher waits. A Node program notices that its supervisor is gone and ends within its grace;
 * another program does not.
 */
export function exitDelays(grace: number, proxied: boolean): ExitDelays {
  const whole = grace + EXIT_TIMEOUT
  return proxied ? { untilTerm: 0, untilKill: whole } : { untilTerm: whole, untilKill: EXIT_TIMEOUT }
}
