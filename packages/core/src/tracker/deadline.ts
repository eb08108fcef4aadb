import type { Clock } from '../clock.ts'
import type { TrackerSettings } from '../options.ts'
import { type Renewal, RevocableRenewals } from './revocable-renewals.ts'

/** The kinds that are counted: requests and connections, ignored requests and streams, and holds. */
export type ActivityKind = 'active' | 'ignored' | 'hold'

/** An object that follows the activities of one countdown. */
export interface ActivityObserver {
  /** Called when the clock starts. */
  clockStarted(): void
  /** Called when the clock stops for good. */
  clockStopped(): void
  /** Called at the next activity after {@link Deadline.awaitActivity}. */
  activityBegan(): void
}

/**
 * Counts activities, and moves the deadline when the last of them ends.
 *
 * To start or finish an activity only changes a counter. The clock is read only when the count falls to zero. Sets no
 * timer.
 */
export abstract class Deadline {
  /** The number of requests and connections that renew the deadline when the last of them ends. */
  active = 0
  /** The number of ignored requests and streams, which suspend the end while they last and renew nothing. */
  ignored = 0
  /** The number of holds. Counted apart, so that a cancelled hold keeps a deadline that requests have set meanwhile. */
  holds = 0
  /** The clock of the settings. */
  readonly clock: Clock
  readonly patience: number
  readonly observers: Set<ActivityObserver> = new Set()
  /** The number of ignored requests that have started, which the last look would not see otherwise. */
  protected ignoredStarts = 0
  readonly #jitter: number
  readonly #revocable = new RevocableRenewals()
  /** Monotonic milliseconds; `Infinity` if there is no deadline. */
  #deadline = Infinity
  /** The time of the last activity. */
  #renewedAt = -Infinity
  /** `true` if an activity has finished while others went on. */
  #finishedWhileBusy = false
  /** `true` while an observer awaits an activity. */
  #awaited = false

  constructor({ clock, patience, jitter }: TrackerSettings) {
    this.clock = clock
    this.patience = patience
    this.#jitter = jitter
  }

  /** The deadline in monotonic milliseconds; `Infinity` if there is none. */
  get deadline(): number {
    return this.#deadline
  }

  /** The time of the last activity in monotonic milliseconds; `-Infinity` if there was none. */
  get renewedAt(): number {
    return this.#renewedAt
  }

  /** Reports whether a request, a connection or a hold is active. */
  get isActive(): boolean {
    return this.active + this.holds > 0
  }

  /** Reports whether nothing delays an end that is due. */
  protected get isQuiet(): boolean {
    return this.active + this.holds + this.ignored === 0
  }

  /** Called when the deadline has moved. */
  protected abstract onMoved(): void

  /** Called when something has ended and the deadline stays. */
  protected abstract onEnded(): void

  /** Counts one more of a kind. Each call is undone by one of `finish`, `finishRevocably` and `cancel`. */
  start(kind: ActivityKind): void {
    if (kind === 'active') {
      this.active++
    } else if (kind === 'ignored') {
      this.ignored++
      this.ignoredStarts++
    } else {
      this.holds++
    }
  }

  /**
   * Records that an activity has begun, as soon as it is known that it is not ignored.
   *
   * Is apart from {@link start}, since a connection counts before its first request shows whether it is ignored.
   */
  began(): void {
    if (this.#awaited) this.#tellObservers()
  }

  /** Calls the observers at the next activity. */
  awaitActivity(): void {
    this.#awaited = true
  }

  /** Counts one less of a kind. The last activity and each hold renew the deadline. An ignored request does not. */
  finish(kind: ActivityKind): void {
    if (kind === 'active') {
      if (--this.active === 0) this.renew()
      else this.#finishedWhileBusy = true
    } else if (kind === 'ignored') {
      this.ignored--
      this.onEnded()
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
      this.onEnded()
    } else if (--this.active === 0) {
      if (this.#finishedWhileBusy) this.renew()
      else this.onEnded()
    }
  }

  /** Moves the deadline to a patience from now, since there was an activity. */
  renew(): void {
    this.#revocable.clear()
    this.#renewedAt = this.#move()
    this.began()
  }

  /** Moves the deadline to a patience from now, without an activity. */
  protected postpone(): void {
    this.#revocable.clear()
    this.#move()
  }

  /** Sets the first deadline: `ms` from now, or, after an activity, a patience. */
  protected setFirst(ms: number): void {
    this.#deadline = this.fromNow(this.#deadline === Infinity ? ms : this.patience)
  }

  /**
   * Finishes the activity of an HTTP/2 session that opens. Returns the renewal, which is revoked if the session carries
   * only ignored streams. Returns undefined if others are active.
   */
  finishRevocably(): Renewal | undefined {
    if (this.active > 1) {
      this.finish('active')
      return undefined
    }
    this.active--
    const before = { deadline: this.#deadline, at: this.#renewedAt }
    this.#renewedAt = this.#move()
    return this.#revocable.add(before, { deadline: this.#deadline, at: this.#renewedAt })
  }

  /** Takes back a renewal, unless the deadline has been renewed for good since. */
  revoke(renewal: Renewal): void {
    const before = this.#revocable.revoke(renewal)
    if (before === undefined) return
    this.#deadline = before.deadline
    this.#renewedAt = before.at
    this.onEnded()
  }

  /** Makes a renewal last. */
  settle(renewal: Renewal): void {
    this.#revocable.settle(renewal)
  }

  /** Returns the time at which `ms` milliseconds and the jitter will have passed. */
  protected fromNow(ms: number): number {
    return this.#from(this.clock.now(), ms)
  }

  #from(now: number, ms: number): number {
    return now + ms + (this.#jitter === 0 ? 0 : Math.random() * this.#jitter)
  }

  /** Moves the deadline. Returns the present time, so that the clock is read once. */
  #move(): number {
    this.#finishedWhileBusy = false
    const now = this.clock.now()
    this.#deadline = this.#from(now, this.patience)
    this.onMoved()
    return now
  }

  #tellObservers(): void {
    this.#awaited = false
    for (const observer of this.observers) observer.activityBegan()
  }
}
