import { MAX_TIMEOUT } from '../clock.ts'
import { invalidOption, warn } from '../errors.ts'
import type { CloseReport } from './close-report.ts'

/** A callback of `beforeEnd()`. Its result is awaited. */
export type EndCallback = (report: CloseReport) => unknown

/** Runs a callback in an asynchronous context. */
type Run = (callback: () => unknown) => unknown

/** The callbacks of `beforeEnd()`. Calls each once, in order of registration. */
export class EndCallbacks {
  readonly #callbacks = new Set<{ readonly callback: EndCallback }>()
  readonly #run: Run
  readonly #graceOver: Promise<void>
  #phase: 'open' | 'calling' | 'done' = 'open'
  #awaits = true
  #stopAwaiting: () => void = () => {}
  #unfinished = 0

  /** `run` calls each callback, so that it does not run in the asynchronous context of the last request. */
  constructor(run: Run) {
    this.#run = run
    this.#graceOver = new Promise((resolve) => {
      this.#stopAwaiting = resolve
    })
  }

  /** The number of callbacks. */
  get size(): number {
    return this.#callbacks.size
  }

  /** Reports whether the first callback has been called, or would have been if there were one. */
  get begun(): boolean {
    return this.#phase !== 'open'
  }

  /** Reports whether all callbacks have finished, or have been called after grace. */
  get done(): boolean {
    return this.#phase === 'done'
  }

  /** Adds a callback. Returns the undo, or undefined if the calls have begun. Throws `ERR_IDLE_INVALID_OPTION`. */
  add(callback: EndCallback): Disposable | undefined {
    if (typeof callback !== 'function') throw invalidOption('callback', callback, 'a function')
    if (this.begun) return undefined
    // An object of its own, since a function that is added twice is called twice.
    const entry = { callback }
    this.#callbacks.add(entry)
    return { [Symbol.dispose]: () => void this.#callbacks.delete(entry) }
  }

  /**
   * Calls the callbacks one after the other, and then `done`, which is called in the same turn if there are no
   * callbacks.
   */
  call(report: CloseReport, done: () => void): void {
    this.#phase = 'calling'
    const finish = (): void => {
      this.#phase = 'done'
      done()
    }
    if (this.size === 0) finish()
    else void this.#callEach(report).then(finish)
  }

  /** Awaits no callback from now on. Those that are left are called without a pause. Called when grace is over. */
  stopAwaiting(): void {
    this.#awaits = false
    this.#stopAwaiting()
  }

  async #callEach(report: CloseReport): Promise<void> {
    // A callback may wait for an object that does not keep the process alive, such as a timer that is unref'd.
    const keepAlive = setInterval(() => {}, MAX_TIMEOUT)
    // The application's listeners of 'close' are called in this tick, after this package's own.
    if (this.#awaits) await undefined
    for (const { callback } of this.#callbacks) {
      const settled = this.#callOne(callback, report)
      if (this.#awaits) await Promise.race([settled, this.#graceOver])
    }
    clearInterval(keepAlive)
    // In this tick, a promise that was fulfilled when it was returned is seen.
    await undefined
    if (this.#unfinished === 0) return
    const count = `${this.#unfinished} of ${this.size} callbacks of beforeEnd()`
    warn('IDLE_BEFORE_END_FAILED', `${count} had not finished when grace was over; the end goes on without them`)
  }

  /** Never rejects. */
  async #callOne(callback: EndCallback, report: CloseReport): Promise<void> {
    this.#unfinished++
    try {
      await this.#run(() => callback(report))
    } catch (error) {
      warn('IDLE_BEFORE_END_FAILED', 'A callback of beforeEnd() failed; the end goes on', error)
    }
    this.#unfinished--
  }
}
