import { AsyncResource } from 'node:async_hooks'
import { after } from '../clock.ts'
import type { TrackerSettings } from '../options.ts'
import { type ActivityProbe, ArrivalMarks } from './arrival-marks.ts'
import { Confirmation } from './confirmation.ts'
import { Deadline } from './deadline.ts'
import { DeadlineTimer } from './deadline-timer.ts'
import { lastLook, turnOfClock } from './event-loop.ts'
import type { CountdownPhase } from './phases.ts'

/** The silence limit in patiences, and its minimum in milliseconds. */
const MOST_SILENCE = 2
const LEAST_SILENCE = 2000

/**
 * Calls back once when there has been no activity for the patience.
 *
 * A timer is set only if none is set, or if the deadline has moved to before its wake-up.
 *
 * Knows nothing of servers. Is always in one of {@link COUNTDOWN_PHASES}.
 */
export class Countdown extends Deadline {
  /** The time (ms) that `confirm` may take to answer. After that, the answer is no. */
  confirmWithin: number
  readonly #startupPatience: number
  readonly #idle: () => void
  readonly #timer: DeadlineTimer
  /** The context of `confirm` and of the signal's listeners, which would otherwise run in that of the last request. */
  readonly #context = new AsyncResource('IdleTracker')
  readonly #confirmation: Confirmation | undefined
  readonly #marks: ArrivalMarks
  #phase: CountdownPhase = 'paused'
  /** The time at which the timer fires; `Infinity` while none is set. */
  #wakeAt = Infinity

  /** Makes a countdown that is paused. */
  constructor(settings: TrackerSettings, idle: () => void) {
    super(settings)
    this.#startupPatience = settings.startupPatience
    const { clock, confirm, patience } = settings
    this.confirmWithin = patience
    this.#idle = idle
    this.#marks = new ArrivalMarks(patience)
    this.#timer = new DeadlineTimer(clock, patience, (now, overslept) => this.#wake(now, overslept))
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

  /** The silence limit: how long (ms) to wait for a client that sends nothing. */
  get silenceLimit(): number {
    return Math.max(MOST_SILENCE * this.patience, LEAST_SILENCE)
  }

  /** Starts a paused clock. The first deadline is the startup patience, or, after an activity, the patience. */
  startClock(): void {
    if (this.#phase !== 'paused') return
    this.setFirst(this.#startupPatience)
    // Set the timer even while something is active: only a running timer can detect a suspend.
    this.#sleep()
    for (const observer of this.observers) observer.clockStarted()
  }

  /** Stops the clock for good. Does not call back. */
  stopClock(): void {
    if (this.#phase === 'over') return
    this.enter('over')
    this.#timer.clear()
    this.#confirmation?.stop()
    for (const observer of this.observers) observer.clockStopped()
  }

  setProbe(probe: ActivityProbe): void {
    this.#marks.probe = probe
  }

  /** Renews the deadline if bytes have moved on upgraded sockets that count by their traffic. */
  checkTraffic(): void {
    if (this.#marks.probe?.trafficMoved()) this.renew()
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
  protected onMoved(): void {
    if (this.deadline < this.#wakeAt && this.#awaitsDeadline) this.#sleep()
  }

  /** Sets a timer for the old deadline if nothing is active any more. After a suspend, renews the deadline instead. */
  protected onEnded(): void {
    if (!this.isQuiet || !this.#awaitsDeadline) return
    if (this.#wakeAt === Infinity && this.#timer.suspended) this.postpone()
    else this.onMoved()
  }

  /** Waits for the deadline, or, while something is active, for the count to fall to zero. */
  #waitForDeadline(): void {
    if (this.isQuiet) this.#sleep()
    else this.enter('busy')
  }

  /** Sets the timer: by default for the mark before the deadline. */
  #sleep(until: number = this.#marks.before(this.deadline)): void {
    this.enter('sleeping')
    this.#wakeAt = until
    this.run(() => this.#timer.set(until))
  }

  /**
   * Handles the timer. After a suspend of the machine or a stop of the process, starts a full patience, since clients
   * could not connect meanwhile.
   */
  #wake(now: number, overslept: boolean): void {
    if (overslept && this.fromNow(this.patience) > this.deadline) this.postpone()
    if (!this.isQuiet || now < this.#marks.before(this.deadline)) {
      this.#waitForDeadline()
    } else if (now < this.deadline) {
      this.#marks.set(this.deadline)
      this.#sleep(this.deadline)
    } else {
      this.#lastLook(false)
    }
  }

  #lastLook(confirmed: boolean): void {
    this.enter('looking')
    const deadline = this.deadline
    const { probe } = this.#marks
    lastLook(
      () => (probe?.arrivals() ?? 0) + this.ignoredStarts,
      (quiet) => {
        if (this.#phase === 'over') return
        // Ask after the turns of the event loop: bytes that arrived during them count as traffic, too.
        this.checkTraffic()
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
    return !this.isQuiet || this.deadline !== deadline || this.clock.now() < deadline
  }

  /** Handles the answer of `confirm`. */
  #answer(yes: boolean, deadline: number): void {
    if (this.#phase === 'over') return
    if (yes && !this.#changedSince(deadline)) {
      this.#lastLook(true)
    } else {
      if (!this.#changedSince(deadline)) this.postpone()
      this.#waitForDeadline()
    }
  }
}
