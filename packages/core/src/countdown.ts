import { AsyncResource } from 'node:async_hooks'
import { Alarm } from './alarm.ts'
import { type Clock, clockIn, fakedClock } from './clock.ts'
import { Confirmation } from './confirmation.ts'
import { lastLook, turnOfClock } from './last-look.ts'
import type { Lookout } from './lookout.ts'
import { type Opening, Openings } from './openings.ts'
import type { TrackerSettings } from './options.ts'

/** How long (ms, at most) before the deadline bytes are marked, and how long a request head that began is waited for. */
const HEAD_PATIENCE = 1000

/** An alarm that rings later than this (ms, at most a patience) was held up by more than a busy moment. */
const HELD_UP = 5000

/** For how many patiences, and for how long (ms) at least, a client that says nothing is waited for, if something waits for it. */
const MOST_SILENCE = 2
const LEAST_SILENCE = 2000

/**
 * Counts what is active, and calls back once when nothing has been for as long as the patience.
 *
 * Beginning and ending is counting. The clock is read only when the count falls to zero, and a timer is touched only when
 * none is set, or when the deadline has moved to before its wake-up. Knows nothing of servers.
 */
export class Countdown {
  /** Requests and connections that renew the deadline when the last of them ends. */
  firm = 0
  /** What suspends the end while it lasts, and renews nothing. */
  soft = 0
  /** Holds. Counted apart, so that a cancelled one leaves the deadline that requests have set meanwhile. */
  holds = 0
  /** Whether the clock stands still until {@link Countdown.start}. */
  paused = true
  /** The clock of the settings. Its timers are set in the context in which this was made, whichever request sets them. */
  readonly clock: Clock
  /** Milliseconds. */
  readonly patience: number
  /** What renewed the deadline, and may be taken back. */
  readonly openings: Openings = new Openings()
  /** How long (ms) confirm may take to answer; after that, the answer is no. */
  confirmWithin: number

  readonly #settings: TrackerSettings
  readonly #idle: () => void
  readonly #alarm: Alarm
  /** Where confirm and the signal's listeners run: not in the context of the request that happened to be last. */
  readonly #context = new AsyncResource('IdleTracker')
  #lookout: Lookout | undefined
  /** Monotonic; `Infinity` where there is none. */
  #deadline = Infinity
  /** When the timer wakes. `Infinity`: no timer is set, and one may be. `-Infinity`: none must be set now. */
  #wakeAt = -Infinity
  /** A head that has begun to arrive is waited for until then, whatever ends meanwhile. */
  #lookAgainAt = -Infinity
  /** The deadline that was marked for. A timer may fire up to 1 ms early, and a second mark would hide what came since. */
  #markedFor = Infinity
  /** Whether something firm ended while other firm things went on. */
  #endedAmongOthers = false
  /** Changes at soft beginnings, which the last look would not see otherwise. */
  #stirs = 0
  #over = false
  readonly #confirmation: Confirmation | undefined

  constructor(settings: TrackerSettings, idle: () => void) {
    this.#settings = settings
    const { clock, confirm } = settings
    this.clock = clockIn((callback) => this.run(callback), clock)
    this.patience = settings.patience
    this.confirmWithin = settings.patience
    this.#idle = idle
    // node:test moves its time all the way before it runs the first timer.
    const heldUp = clock === fakedClock ? Infinity : Math.min(settings.patience, HELD_UP)
    this.#alarm = new Alarm(this.clock, heldUp, (now, overslept) => this.#wake(now, overslept))
    this.#confirmation = confirm && new Confirmation(() => this.run(confirm), this.clock)
  }

  /** The deadline in monotonic milliseconds; `Infinity` where there is none. */
  get deadline(): number {
    return this.#deadline
  }

  /** For how long (ms) a client that says nothing is waited for, if something waits for it. */
  get mostSilence(): number {
    return Math.max(MOST_SILENCE * this.patience, LEAST_SILENCE)
  }

  /** Reports whether the clock can still reach its end. True before `start()` and while paused; false after the end or `stop()`. */
  get running(): boolean {
    return !this.#over
  }

  /** Starts the clock: the first deadline is the startup patience, or the patience where there was an activity already. */
  start(): void {
    if (this.#over) return
    this.paused = false
    const renewed = this.#deadline !== Infinity
    this.#deadline = this.#after(renewed ? this.patience : this.#settings.startupPatience)
    // Whatever is active: whether the machine was suspended since is known to an alarm only.
    this.#sleep(this.#markAt)
  }

  /** Stands still until {@link Countdown.start}. */
  pause(): void {
    if (this.#over) return
    this.paused = true
    this.#halt()
    this.#deadline = Infinity
  }

  /** Ends without the callback, for good. */
  stop(): void {
    this.#over = true
    this.#halt()
    this.#confirmation?.stop()
  }

  watchWith(lookout: Lookout): void {
    this.#lookout = lookout
  }

  /** Something firm begins. */
  begin(): void {
    this.firm++
  }

  /** Something firm ends. */
  end(): void {
    if (--this.firm === 0) this.renew()
    else this.#endedAmongOthers = true
  }

  /** Something firm turns out to have been no activity: where nothing else ended meanwhile, the old deadline stands. */
  retract(): void {
    if (--this.firm > 0) return
    if (this.#endedAmongOthers) this.renew()
    else this.#rest()
  }

  /** Something soft begins. */
  beginSoft(): void {
    this.soft++
    this.#stirs++
  }

  /** Something soft ends. */
  endSoft(): void {
    this.soft--
    this.#rest()
  }

  /** A hold begins. */
  hold(): void {
    this.holds++
  }

  /** A hold ends, and the clock starts anew. */
  release(): void {
    this.holds--
    this.renew()
  }

  /** A hold ends as if it had never been. */
  cancel(): void {
    this.holds--
    this.#rest()
  }

  /** Activity is now: the deadline is a patience away. */
  renew(): void {
    this.openings.clear()
    this.#renew()
  }

  #renew(): void {
    this.#endedAmongOthers = false
    this.#deadline = this.#after(this.patience)
    if (this.#deadline < this.#wakeAt) this.#sleep(this.#markAt)
  }

  /** A session opened, which is firm, and may turn out to have been no activity: gives what {@link Countdown.unrenew} takes. */
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

  /** Takes back that an opening renewed the deadline, unless it has been renewed for good since. */
  unrenew(opening: Opening): void {
    const deadline = this.openings.takeBack(opening)
    if (deadline === undefined || this.#over) return
    this.#deadline = deadline
    this.#rest()
  }

  /** Runs in the asynchronous context in which this was made. */
  run<T>(callback: () => T): T {
    return this.#context.runInAsyncScope(callback)
  }

  get #quiet(): boolean {
    return this.firm + this.holds + this.soft === 0
  }

  /** When the timer should wake to mark how far each connection was read, or, after a head began, to look again. */
  get #markAt(): number {
    const markAt = this.#deadline - (this.#lookout === undefined ? 0 : Math.min(this.patience / 2, HEAD_PATIENCE))
    return Math.max(markAt, this.#lookAgainAt)
  }

  #after(ms: number): number {
    const { jitter } = this.#settings
    return this.clock.now() + ms + (jitter === 0 ? 0 : Math.random() * jitter)
  }

  /** Something fell to zero that renews nothing. */
  #rest(): void {
    if (!this.#quiet) return
    if (this.#wakeAt === Infinity && this.#alarm.suspended) this.renew()
    else if (this.#deadline < this.#wakeAt) this.#sleep(this.#markAt)
  }

  /** Goes to sleep until the deadline, or, while something is active, until the count falls to zero. */
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

  /** After the machine was suspended or the process stopped, a full patience: nobody could call meanwhile. */
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
        // Asked now, and not before the turns: bytes that came during them are the last bytes, too.
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

  /** The user's answer has come. */
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
