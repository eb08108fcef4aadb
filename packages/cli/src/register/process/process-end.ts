import { after, systemClock } from '@idle-shutdown/core/adapter'
import { EXIT_DELAY, exitFlushed, forceExit, resources } from './force-exit.ts'
import { say } from './log.ts'
import type { Signals } from './signals.ts'

/** Options of {@link ProcessEnd.begin}. */
export interface End {
  /** The time (ms) that is left of the grace. */
  readonly left: number
  /** True if the process is ended even if something keeps it alive. */
  readonly force: boolean
  /** True if the program's listeners are called. */
  readonly listeners: boolean
}

/** Callbacks of {@link ProcessEnd}. */
interface EndEvents {
  /** Called when the program's listeners have been called. */
  called(): void
  /** Called when the process has nothing more to do, and has not ended. */
  done(): void
}

/** The end of a process that has closed everything and that no signal ends: the program's SIGTERM listeners, then exit. */
export class ProcessEnd {
  readonly #signals: Signals
  readonly #events: EndEvents
  #begun = false

  constructor(signals: Signals, events: EndEvents) {
    this.#signals = signals
    this.#events = events
  }

  /**
   * Calls the program's listeners, which have what is left of the grace to end the process. Without listeners, the
   * process has {@link EXIT_DELAY}. A second call does nothing.
   */
  begin({ left, force, listeners }: End): void {
    if (this.#begun) return
    this.#begun = true
    let raise = (): void => {}
    const raised = new Promise<void>((resolve) => {
      raise = resolve
    })
    const settled = listeners ? this.#signals.callListeners(raise) : undefined
    if (settled === undefined) {
      this.#events.done()
      if (force) after(systemClock, EXIT_DELAY, () => forceExit('something kept the process alive'))
      return
    }
    this.#events.called()
    // Node ends a process that only waits for a promise.
    const alive = setInterval(() => {}, 2 ** 30)
    void settled.then(() => clearInterval(alive))
    // Other listeners may still flush.
    void Promise.all([settled, raised]).then(exitFlushed)
    after(systemClock, Math.max(left, EXIT_DELAY), () => {
      clearInterval(alive)
      this.#signals.graceOver()
      this.#events.done()
      if (force) forceExit('its SIGTERM listeners had not ended it within the grace')
      else say(`closed, but its SIGTERM listeners have not ended it within the grace: ${resources()}`)
    })
  }
}
