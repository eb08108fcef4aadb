import { hasMethods, invalidOption, warn } from '../errors.ts'
import { type Duration, infinite, milliseconds } from '../options.ts'
import type { Countdown } from './countdown.ts'
import type { ActivityObserver } from './deadline.ts'
import { DeadlineTimer } from './deadline-timer.ts'

/**
 * Calls `release` whenever nothing has been active for `after`, and its result at the next activity. Returns the undo.
 *
 * Throws `ERR_IDLE_INVALID_DURATION` and `ERR_IDLE_INVALID_OPTION`.
 */
export function onQuiet(countdown: Countdown, after: Duration, release: () => unknown): Disposable {
  const ms = milliseconds('after', after)
  if (ms === Infinity) throw infinite('after')
  if (typeof release !== 'function') throw invalidOption('release', release, 'a function')
  const quiet = new Quiet(countdown, ms, release)
  if (countdown.phase !== 'paused') quiet.clockStarted()
  if (countdown.phase !== 'over') countdown.observers.add(quiet)
  return { [Symbol.dispose]: () => quiet.clockStopped() }
}

/** The failures that become a process warning, each once. */
type Failure = 'A release of onQuiet()' | 'A function that a release of onQuiet() returned'

/** One call of `onQuiet()`. */
class Quiet implements ActivityObserver {
  readonly #countdown: Countdown
  readonly #after: number
  readonly #release: () => unknown
  readonly #timer: DeadlineTimer
  /**
   * `armed`: waits for a time without activity. `quiet`: `release` has been called, and there was no activity since.
   * `over`: calls nothing any more.
   */
  #state: 'armed' | 'quiet' | 'over' = 'armed'
  /** `true` while a promise that `release`, or the function that it returned, has returned is not settled. */
  #isRunning = false
  /** The function that `release` returned, until it is called. */
  #restore: (() => unknown) | undefined
  /** The time of the last change of the state, or of the end of a suspend. */
  #since = 0
  readonly #warnedOf = new Set<Failure>()

  constructor(countdown: Countdown, after: number, release: () => unknown) {
    this.#countdown = countdown
    this.#after = after
    this.#release = release
    this.#timer = new DeadlineTimer(countdown.clock, after, (now, overslept) => this.#check(now, overslept))
  }

  clockStarted(): void {
    if (this.#countdown.phase !== 'over') this.#arm()
  }

  clockStopped(): void {
    this.#state = 'over'
    this.#timer.clear()
    this.#countdown.observers.delete(this)
  }

  activityBegan(): void {
    if (this.#state !== 'quiet') return
    this.#arm()
    if (!this.#isRunning) this.#goBack()
  }

  #arm(): void {
    this.#state = 'armed'
    this.#since = this.#countdown.clock.now()
    this.#sleep(this.#since + this.#after)
  }

  /** Handles the timer, which fires every `after` milliseconds at least, so that no activity has to set it. */
  #check(now: number, overslept: boolean): void {
    // Clients could not connect meanwhile.
    if (overslept && this.#state === 'armed') this.#since = now
    const countdown = this.#countdown
    countdown.checkTraffic()
    if (this.#state === 'quiet') {
      // A connection that has sent no request for so long is an activity, too.
      if (countdown.isActive || countdown.renewedAt > this.#since) this.activityBegan()
      else this.#sleep(now + this.#after)
      return
    }
    const due = Math.max(countdown.renewedAt, this.#since) + this.#after
    if (countdown.isActive || this.#isRunning) this.#sleep(now + this.#after)
    else if (now < due) this.#sleep(due)
    else this.#beQuiet(now)
  }

  #beQuiet(now: number): void {
    this.#state = 'quiet'
    this.#since = now
    this.#countdown.awaitActivity()
    this.#sleep(now + this.#after)
    this.#call('A release of onQuiet()', this.#release, (result) => {
      if (isFunction(result)) this.#restore = result
      if (this.#state === 'armed') this.#goBack()
    })
  }

  /** Calls the function that `release` returned, if there is one. */
  #goBack(): void {
    const restore = this.#restore
    this.#restore = undefined
    if (restore !== undefined) this.#call('A function that a release of onQuiet() returned', restore, () => {})
  }

  /**
   * Calls `callback`, and then `done` with its result: in the same turn, unless the result is a promise.
   *
   * A request shows the activity before its handler runs, which then finds what the function of `release` restores.
   */
  #call(failure: Failure, callback: () => unknown, done: (result?: unknown) => void): void {
    const settle = (result?: unknown): void => {
      this.#isRunning = false
      done(result)
    }
    const fail = (error: unknown): void => {
      if (!this.#warnedOf.has(failure)) warn('IDLE_QUIET_FAILED', `${failure} failed; the server goes on`, error)
      this.#warnedOf.add(failure)
      settle()
    }
    this.#isRunning = true
    try {
      const result = this.#countdown.run(callback)
      if (hasMethods(result, 'then')) Promise.resolve(result).then(settle, fail)
      else settle(result)
    } catch (error) {
      fail(error)
    }
  }

  #sleep(until: number): void {
    this.#countdown.run(() => this.#timer.set(until))
  }
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function'
}
