import { EXIT_DELAY } from './force-exit.ts'
import { ProgramListeners, SIGNALS } from './program-listeners.ts'

/**
 * The state of the signals of this process.
 *
 * | state | meaning | a signal that the program does not handle | may become |
 * | --- | --- | --- | --- |
 * | `serving` | the process goes on, or drains because it is idle | drains | draining, ending |
 * | `draining` | such a signal has arrived | ends the process at once | |
 * | `ending` | everything is closed, and the program's listeners were called | is ignored, also by the program | final |
 * | `final` | a signal has arrived since, or the grace is over | ends the process at once | |
 */
type SignalState = 'serving' | 'draining' | 'ending' | 'final'

/** Callbacks of {@link Signals}. */
interface SignalEvents {
  /** Called at the first signal that does not reach the program. */
  drain(signal: NodeJS.Signals): Promise<unknown>
  /** Called at every signal, because the process is about to end. */
  heard(): void
}

/**
 * Handles SIGTERM and SIGINT for a program that has no handler of its own. The first signal drains. A second one ends
 * the process at once, as by default. Leaves a signal to a program that handles it.
 */
export class Signals {
  readonly #events: SignalEvents
  readonly #onSignal: NodeJS.SignalsListener = (signal) => this.#received(signal)
  readonly #listeners = new ProgramListeners(this.#onSignal)
  #state: SignalState = 'serving'
  #begun = false
  /** True once a signal has reached the program. */
  #handled = false

  constructor(events: SignalEvents) {
    this.#events = events
  }

  /** Begins to listen. A second call does nothing. */
  begin(): void {
    if (this.#begun) return
    this.#begun = true
    // Added first, so that a handler of the program that runs once is still there to be counted.
    for (const signal of SIGNALS) process.prependListener(signal, this.#onSignal)
  }

  /**
   * Calls the program's SIGTERM listeners, as if the signal had arrived: see {@link ProgramListeners.callAll}. Calls none
   * if a signal has called them before. Returns `undefined` if the program has no listener, or if a signal ends the
   * process.
   */
  callListeners(raised: () => void): Promise<void> | undefined {
    if (this.#handled) return Promise.resolve()
    if (this.#state !== 'serving' || !this.#begun || !this.#listeners.hear('SIGTERM')) return undefined
    this.#state = 'ending'
    return this.#listeners.callAll(raised)
  }

  /** Lets the next signal that does not reach the program end the process at once. */
  graceOver(): void {
    if (this.#state === 'ending') this.#state = 'final'
  }

  #received(signal: NodeJS.Signals): void {
    this.#events.heard()
    // A package may add a listener in its own, which ends the process at the next signal.
    this.#listeners.ignore(this.#state === 'ending')
    if (this.#state === 'ending') {
      this.#state = 'final'
    } else if (this.#listeners.hear(signal)) {
      this.#handled = true
    } else if (this.#state === 'serving') {
      this.#state = 'draining'
      void this.#events.drain(signal).then(() => {
        // The timer is unref'd, so the process ends by itself with code 0 if nothing else keeps it alive.
        setTimeout(() => this.#raise(signal), EXIT_DELAY).unref()
      })
    } else {
      this.#raise(signal)
    }
  }

  #raise(signal: NodeJS.Signals): void {
    this.#listeners.removeAll()
    process.kill(process.pid, signal)
  }
}
