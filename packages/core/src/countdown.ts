import { AsyncResource } from 'node:async_hooks'
import { Alarm } from './alarm.ts'
import { type Clock, clockIn, fakedClock } from './clock.ts'
import { Confirmation } from './confirmation.ts'
import { lastLook, turnOfClock } from './last-look.ts'
import type { Lookout } from './lookout.ts'
import { type Opening, Openings } from './openings.ts'
import type { TrackerSettings } from './options.ts'

/**
 * The most time (ms) between the mark and the deadline, and between two looks at a request head that has begun to
 * arrive.
 */
const HEAD_PATIENCE = 1000

/** An alarm that is later than this (ms, at most a patience) means that the process was stopped, and not only busy. */
const HELD_UP = 5000

/**
 * The silence limit in patiences, and its minimum in milliseconds: how long to wait for a client that sends nothing.
 */
const MOST_SILENCE = 2
const LEAST_SILENCE = 2000

/**
 * Counts activities, and calls back once when there has been none for the patience.
 *
 * To begin or end an activity only changes a counter. The clock is read only when the count falls to zero. A timer is
 * set only if none is set, or if the deadline has moved to before its wake-up.
 *
 * Knows nothing of servers.
 */
export class Countdown {
  /** The number of requests and connections that renew the deadline when the last of them ends. */
  firm = 0
  /** The number of ignored requests and streams, which suspend the end while they last and renew nothing. */
  soft = 0
  /** The number of holds. Counted apart, so that a cancelled hold keeps a deadline that requests have set meanwhile. */
  holds = 0
  /** `true` while the clock is stopped, until {@link Countdown.start}. */
  paused = true
  /**
   * The clock of the settings. Its timers are set in the asynchronous context of this countdown, not in that of a
   * request.
   */
  readonly clock: Clock
  /** The clock of the settings itself. A timer of it does not retain this countdown. */
  readonly givenClock: Clock
  /** Milliseconds. */
  readonly patience: number
  /** The renewals of the deadline that may be taken back. */
  readonly openings: Openings = new Openings()
  /** The time (ms) that `confirm` may take to answer. After that, the answer is no. */
  confirmWithin: number

  readonly #settings: TrackerSettings
  readonly #idle: () => void
  readonly #alarm: Alarm
  /**
   * The context in which `confirm` and the signal's listeners run. Without it, they would run in the context of the
   * last request.
   */
  readonly #context = new AsyncResource('IdleTracker')
  #lookout: Lookout | undefined
  /** Monotonic milliseconds; `Infinity` if there is no deadline. */
  #deadline = Infinity
  /**
   * The time at which the timer fires. `Infinity`: no timer is set, and one may be. `-Infinity`: no timer may be set
   * now.
   */
  #wakeAt = -Infinity
  /** The time of the next look at a request head that has begun to arrive, even if activities end meanwhile. */
  #lookAgainAt = -Infinity
  /**
   * The deadline of the last mark. A timer may fire up to 1 ms early, and a second mark would hide bytes that arrived
   * after the first.
   */
  #markedFor = Infinity
  /** `true` if an activity has ended while others went on. */
  #endedAmongOthers = false
  /** Changes when an ignored request begins, which the last look would not see otherwise. */
  #stirs = 0
  #over = false
  readonly #confirmation: Confirmation | undefined

  constructor(settings: TrackerSettings, idle: () => void) {
    this.#settings = settings
    const { clock, confirm } = settings
    this.givenClock = clock
    this.clock = clockIn((callback) => this.run(callback), clock)
    this.patience = settings.patience
    this.confirmWithin = settings.patience
    this.#idle = idle
    // node:test moves its time all the way before it runs the first timer, so that lateness shows nothing.
    const heldUp = clock === fakedClock ? Infinity : Math.min(settings.patience, HELD_UP)
    this.#alarm = new Alarm(this.clock, heldUp, (now, overslept) => this.#wake(now, overslept))
    this.#confirmation = confirm && new Confirmation(() => this.run(confirm), this.clock)
  }

  /** The deadline in monotonic milliseconds; `Infinity` if there is none. */
  get deadline(): number {
    return this.#deadline
  }

  /** The silence limit: how long (ms) to wait for a client that sends nothing. */
  get mostSilence(): number {
    return Math.max(MOST_SILENCE * this.patience, LEAST_SILENCE)
  }

  /**
   * Reports whether the clock can still reach its end. True before `start()` and while paused, false after the end or
   * `stop()`.
   */
  get running(): boolean {
    return !this.#over
  }

  /**
   * Starts the clock. The first deadline is the startup patience, or the patience if there has been an activity
   * already.
   */
  start(): void {
    if (this.#over) return
    this.paused = false
    const renewed = this.#deadline !== Infinity
    this.#deadline = this.#after(renewed ? this.patience : this.#settings.startupPatience)
    // Set the timer even while something is active: only a running timer can detect a suspend.
    this.#sleep(this.#markAt)
  }

  /** Stops the clock until {@link Countdown.start}. */
  pause(): void {
    if (this.#over) return
    this.paused = true
    this.#halt()
    this.#deadline = Infinity
  }

  /** Stops the clock for good. Does not call back. */
  stop(): void {
    this.#over = true
    this.#halt()
    this.#confirmation?.stop()
  }

  watchWith(lookout: Lookout): void {
    this.#lookout = lookout
  }

  /** Starts an activity. */
  begin(): void {
    this.firm++
  }

  /** Ends an activity. The last one renews the deadline. */
  end(): void {
    if (--this.firm === 0) this.renew()
    else this.#endedAmongOthers = true
  }

  /** Takes back an activity. If no other activity has ended meanwhile, the old deadline stands. */
  retract(): void {
    if (--this.firm > 0) return
    if (this.#endedAmongOthers) this.renew()
    else this.#rest()
  }

  /** Starts an ignored request, which only suspends the end. */
  beginSoft(): void {
    this.soft++
    this.#stirs++
  }

  /** Ends an ignored request. Does not renew the deadline. */
  endSoft(): void {
    this.soft--
    this.#rest()
  }

  /** Starts a hold. */
  hold(): void {
    this.holds++
  }

  /** Ends a hold, and renews the deadline. */
  release(): void {
    this.holds--
    this.renew()
  }

  /** Ends a hold without a trace: the old deadline stands. */
  cancel(): void {
    this.holds--
    this.#rest()
  }

  /** Moves the deadline to a patience from now. */
  renew(): void {
    this.openings.clear()
    this.#renew()
  }

  #renew(): void {
    this.#endedAmongOthers = false
    this.#deadline = this.#after(this.patience)
    if (this.#deadline < this.#wakeAt) this.#sleep(this.#markAt)
  }

  /**
   * Ends the activity of an opening HTTP/2 session. Returns a token for {@link Countdown.unrenew}, for a session that
   * carries only ignored streams.
   */
  endOpening(): Opening | undefined {
    if (this.firm > 1) {
      this.end()
      return undefined
    }
    this.firm--
    const before = this.#deadline
    this.#renew()
    return this.openings.add(before, this.#deadline)
  }

  /** Takes back the renewal by an opening, unless the deadline has been renewed for good since. */
  unrenew(opening: Opening): void {
    const deadline = this.openings.takeBack(opening)
    if (deadline === undefined || this.#over) return
    this.#deadline = deadline
    this.#rest()
  }

  /** Runs `callback` in the asynchronous context in which this countdown was made. */
  run<T>(callback: () => T): T {
    return this.#context.runInAsyncScope(callback)
  }

  get #quiet(): boolean {
    return this.firm + this.holds + this.soft === 0
  }

  /** The time at which to mark how far each connection was read, or, after a head began, to look again. */
  get #markAt(): number {
    const markAt = this.#deadline - (this.#lookout === undefined ? 0 : Math.min(this.patience / 2, HEAD_PATIENCE))
    return Math.max(markAt, this.#lookAgainAt)
  }

  #after(ms: number): number {
    const { jitter } = this.#settings
    return this.clock.now() + ms + (jitter === 0 ? 0 : Math.random() * jitter)
  }

  /** Sets a timer for the old deadline if nothing is active any more. After a suspend, renews the deadline instead. */
  #rest(): void {
    if (!this.#quiet) return
    if (this.#wakeAt === Infinity && this.#alarm.suspended) this.renew()
    else if (this.#deadline < this.#wakeAt) this.#sleep(this.#markAt)
  }

  /** Waits for the deadline, or, while something is active, for the count to fall to zero. */
  #wait(): void {
    this.#wakeAt = Infinity
    if (this.#quiet) this.#sleep(this.#markAt)
  }

  #halt(): void {
    this.#alarm.clear()
    this.#wakeAt = -Infinity
  }

  #sleep(until: number): void {
    this.#wakeAt = until
    this.#alarm.set(until)
  }

  /**
   * Handles the timer. After a suspend of the machine or a stop of the process, starts a full patience, since clients
   * could not connect meanwhile.
   */
  #wake(now: number, overslept: boolean): void {
    if (overslept && this.#after(this.patience) > this.#deadline) this.renew()
    if (!this.#quiet) {
      this.#wakeAt = Infinity
    } else if (now < this.#markAt) {
      this.#sleep(this.#markAt)
    } else if (now < this.#deadline) {
      if (this.#markedFor !== this.#deadline) this.#lookout?.mark()
      this.#markedFor = this.#deadline
      this.#sleep(this.#deadline)
    } else {
      this.#look(false)
    }
  }

  #look(confirmed: boolean): void {
    this.#wakeAt = -Infinity
    const deadline = this.#deadline
    lastLook(
      () => (this.#lookout?.arrivals() ?? 0) + this.#stirs,
      (quiet) => {
        if (this.#over) return
        // Ask after the turns of the event loop: bytes that arrived during them count as traffic, too.
        if (this.#lookout?.trafficMoved()) this.renew()
        if (this.#disturbed(deadline)) {
          this.#wait()
        } else if ((!quiet || this.#lookout?.headBegun()) && this.clock.now() <= deadline + this.mostSilence) {
          this.#lookout?.mark()
          this.#lookAgainAt = this.clock.now() + Math.min(this.patience, HEAD_PATIENCE)
          this.#sleep(this.#lookAgainAt)
        } else if (this.#confirmation !== undefined && !confirmed) {
          this.#confirmation.ask(this.confirmWithin, (yes) => this.#answer(yes, deadline))
        } else {
          this.stop()
          this.#idle()
        }
      },
      turnOfClock,
    )
  }

  #disturbed(deadline: number): boolean {
    return !this.#quiet || this.#deadline !== deadline || this.clock.now() < deadline
  }

  /** Handles the answer of `confirm`. */
  #answer(yes: boolean, deadline: number): void {
    if (this.#over) return
    if (this.#disturbed(deadline)) this.#wait()
    else if (yes) this.#look(true)
    else {
      this.renew()
      this.#wait()
    }
  }
}
