import { AsyncResource } from 'node:async_hooks'
import { after, type Clock, fakedClock } from '../clock.ts'
import type { TrackerSettings } from '../options.ts'
import { type ActivityProbe, ArrivalMarks } from './arrival-marks.ts'
import { Confirmation } from './confirmation.ts'
import { DeadlineTimer } from './deadline-timer.ts'
import { lastLook, turnOfClock } from './event-loop.ts'
import type { CountdownPhase } from './phases.ts'
import { type RevocableRenewal, RevocableRenewals } from './revocable-renewals.ts'

/** A timer that is later than this (ms, at most a patience) means that the process was stopped, and not only busy. */
const LATE_BY = 5000

/** The silence limit in patiences, and its minimum in milliseconds. */
const MOST_SILENCE = 2
const LEAST_SILENCE = 2000

/** The kinds that a countdown counts: requests and connections, ignored requests and streams, and holds. */
export type ActivityKind = 'active' | 'ignored' | 'hold'

/**
 * Counts activities, and calls back once when there has been none for the patience.
 *
 * To start or finish an activity only changes a counter. The clock is read only when the count falls to zero. A timer
 * is set only if none is set, or if the deadline has moved to before its wake-up.
 *
 * Knows nothing of servers. Is always in one of {@link COUNTDOWN_PHASES}.
 */
export class Countdown {
  /** The number of requests and connections that renew the deadline when the last of them ends. */
  active = 0
  /** The number of ignored requests and streams, which suspend the end while they last and renew nothing. */
  ignored = 0
  /** The number of holds. Counted apart, so that a cancelled hold keeps a deadline that requests have set meanwhile. */
  holds = 0
  /** The clock of the settings. A timer that a request may set is set by {@link Countdown.after} instead. */
  readonly clock: Clock
  readonly patience: number
  /** The time (ms) that `confirm` may take to answer. After that, the answer is no. */
  confirmWithin: number
  readonly #settings: TrackerSettings
  readonly #idle: () => void
  readonly #timer: DeadlineTimer
  /** The context of `confirm` and of the signal's listeners, which would otherwise run in that of the last request. */
  readonly #context = new AsyncResource('IdleTracker')
  readonly #confirmation: Confirmation | undefined
  readonly #revocable = new RevocableRenewals()
  readonly #marks: ArrivalMarks
  #phase: CountdownPhase = 'paused'
  /** Monotonic milliseconds; `Infinity` if there is no deadline. */
  #deadline = Infinity
  /** The time at which the timer fires; `Infinity` while none is set. */
  #wakeAt = Infinity
  /** `true` if an activity has finished while others went on. */
  #finishedWhileBusy = false
  /** The number of ignored requests that have started, which the last look would not see otherwise. */
  #ignoredStarts = 0

  /** Makes a countdown that is paused. */
  constructor(settings: TrackerSettings, idle: () => void) {
    this.#settings = settings
    const { clock, confirm, patience } = settings
    this.clock = clock
    this.patience = patience
    this.confirmWithin = patience
    this.#idle = idle
    this.#marks = new ArrivalMarks(patience)
    // node:test moves its time all the way before it runs the first timer, so that lateness shows nothing.
    const lateBy = clock === fakedClock ? Infinity : Math.min(patience, LATE_BY)
    this.#timer = new DeadlineTimer(clock, lateBy, (now, overslept) => this.#wake(now, overslept))
    this.#confirmation =
      confirm &&
      new Confirmation(
        () => this.run(confirm),
        (ms, late) => this.after(ms, late),
      )
  }

  get phase(): CountdownPhase {
    return this.#phase
  }

  /** The deadline in monotonic milliseconds; `Infinity` if there is none. */
  get deadline(): number {
    return this.#deadline
  }

  /** The silence limit: how long (ms) to wait for a client that sends nothing. */
  get silenceLimit(): number {
    return Math.max(MOST_SILENCE * this.patience, LEAST_SILENCE)
  }

  /** Starts a paused clock. The first deadline is the startup patience, or, after an activity, the patience. */
  startClock(): void {
    if (this.#phase !== 'paused') return
    const renewed = this.#deadline !== Infinity
    this.#deadline = this.#after(renewed ? this.patience : this.#settings.startupPatience)
    // Set the timer even while something is active: only a running timer can detect a suspend.
    this.#sleep()
  }

  /** Stops the clock for good. Does not call back. */
  stopClock(): void {
    if (this.#phase === 'over') return
    this.enter('over')
    this.#timer.clear()
    this.#confirmation?.stop()
  }

  setProbe(probe: ActivityProbe): void {
    this.#marks.probe = probe
  }

  /** Counts one more of a kind. Each call is undone by one of `finish`, `finishRevocably` and `cancel`. */
  start(kind: ActivityKind): void {
    if (kind === 'active') {
      this.active++
    } else if (kind === 'ignored') {
      this.ignored++
      this.#ignoredStarts++
    } else {
      this.holds++
    }
  }

  /** Counts one less of a kind. The last activity and each hold renew the deadline. An ignored request does not. */
  finish(kind: ActivityKind): void {
    if (kind === 'active') {
      if (--this.active === 0) this.renew()
      else this.#finishedWhileBusy = true
    } else if (kind === 'ignored') {
      this.ignored--
      this.#onQuiet()
    } else {
      this.holds--
      this.renew()
    }
  }

  /**
   * Counts one less, and leaves the deadline where it was. Renews the deadline only if another activity has finished
   * meanwhile.
   */
  cancel(kind: 'active' | 'hold'): void {
    if (kind === 'hold') {
      this.holds--
      this.#onQuiet()
    } else if (--this.active === 0) {
      if (this.#finishedWhileBusy) this.renew()
      else this.#onQuiet()
    }
  }

  /** Moves the deadline to a patience from now. */
  renew(): void {
    this.#revocable.clear()
    this.#renew()
  }

  #renew(): void {
    this.#finishedWhileBusy = false
    this.#deadline = this.#after(this.patience)
    this.#wakeInTime()
  }

  /**
   * Finishes the activity of an HTTP/2 session that opens. Returns the renewal, which is revoked if the session carries
   * only ignored streams. Returns undefined if others are active.
   */
  finishRevocably(): RevocableRenewal | undefined {
    if (this.active > 1) {
      this.finish('active')
      return undefined
    }
    this.active--
    const before = this.#deadline
    this.#renew()
    return this.#revocable.add(before, this.#deadline)
  }

  /** Takes back a renewal, unless the deadline has been renewed for good since. */
  revoke(renewal: RevocableRenewal): void {
    const deadline = this.#revocable.revoke(renewal)
    if (deadline === undefined || this.#phase === 'over') return
    this.#deadline = deadline
    this.#onQuiet()
  }

  /** Makes a renewal last. */
  settle(renewal: RevocableRenewal): void {
    this.#revocable.settle(renewal)
  }

  /**
   * Calls back once when `ms` milliseconds have passed. Returns the undo.
   *
   * A timer retains the asynchronous context in which it is set. If a request set it, that timer and those after it
   * would retain the stores of the request.
   */
  after(ms: number, callback: () => void): () => void {
    return this.run(() => after(this.clock, ms, callback))
  }

  /** Runs `callback` in the asynchronous context in which this countdown was made. */
  run<T>(callback: () => T): T {
    return this.#context.runInAsyncScope(callback)
  }

  get #quiet(): boolean {
    return this.active + this.holds + this.ignored === 0
  }

  #after(ms: number): number {
    const { jitter } = this.#settings
    return this.clock.now() + ms + (jitter === 0 ? 0 : Math.random() * jitter)
  }

  /** The one function that changes the phase. */
  protected enter(phase: CountdownPhase): void {
    this.#phase = phase
    this.#wakeAt = Infinity
  }

  /** Reports whether a timer may be set now. */
  get #awaitsDeadline(): boolean {
    return this.#phase === 'sleeping' || this.#phase === 'busy'
  }

  /** Sets the timer if none is set, or if the deadline has moved to before its wake-up. */
  #wakeInTime(): void {
    if (this.#deadline < this.#wakeAt && this.#awaitsDeadline) this.#sleep()
  }

  /** Sets a timer for the old deadline if nothing is active any more. After a suspend, renews the deadline instead. */
  #onQuiet(): void {
    if (!this.#quiet || !this.#awaitsDeadline) return
    if (this.#wakeAt === Infinity && this.#timer.suspended) this.renew()
    else this.#wakeInTime()
  }

  /** Waits for the deadline, or, while something is active, for the count to fall to zero. */
  #waitForDeadline(): void {
    if (this.#quiet) this.#sleep()
    else this.enter('busy')
  }

  /** Sets the timer: by default for the mark before the deadline. */
  #sleep(until: number = this.#marks.before(this.#deadline)): void {
    this.enter('sleeping')
    this.#wakeAt = until
    this.run(() => this.#timer.set(until))
  }

  /**
   * Handles the timer. After a suspend of the machine or a stop of the process, starts a full patience, since clients
   * could not connect meanwhile.
   */
  #wake(now: number, overslept: boolean): void {
    if (overslept && this.#after(this.patience) > this.#deadline) this.renew()
    if (!this.#quiet || now < this.#marks.before(this.#deadline)) {
      this.#waitForDeadline()
    } else if (now < this.#deadline) {
      this.#marks.set(this.#deadline)
      this.#sleep(this.#deadline)
    } else {
      this.#lastLook(false)
    }
  }

  #lastLook(confirmed: boolean): void {
    this.enter('looking')
    const deadline = this.#deadline
    const { probe } = this.#marks
    lastLook(
      () => (probe?.arrivals() ?? 0) + this.#ignoredStarts,
      (quiet) => {
        if (this.#phase === 'over') return
        // Ask after the turns of the event loop: bytes that arrived during them count as traffic, too.
        if (probe?.trafficMoved()) this.renew()
        if (this.#changedSince(deadline)) {
          this.#waitForDeadline()
        } else if ((!quiet || probe?.headBegun()) && this.clock.now() <= deadline + this.silenceLimit) {
          this.#sleep(this.#marks.renew(this.clock.now()))
        } else if (this.#confirmation !== undefined && !confirmed) {
          this.enter('asking')
          this.#confirmation.ask(this.confirmWithin, (yes) => this.#answer(yes, deadline))
        } else {
          this.stopClock()
          this.#idle()
        }
      },
      turnOfClock,
    )
  }

  /** Reports whether the end is no longer due at `deadline`. */
  #changedSince(deadline: number): boolean {
    return !this.#quiet || this.#deadline !== deadline || this.clock.now() < deadline
  }

  /** Handles the answer of `confirm`. */
  #answer(yes: boolean, deadline: number): void {
    if (this.#phase === 'over') return
    if (yes && !this.#changedSince(deadline)) {
      this.#lastLook(true)
    } else {
      if (!this.#changedSince(deadline)) this.renew()
      this.#waitForDeadline()
    }
  }
}
