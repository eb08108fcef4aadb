/** The time (ms) between the mark and the deadline, and the time that a head that began may take (decision 6). */
const HEAD_PATIENCE = 1000
/** The silence limit, in patiences. */
export const MOST_SILENCE = 2
/** The most lateness (ms) of a timer that does not mean that the process was stopped. */
const LATE_BY = 5000
/** The most lead (ms) of the wall clock that does not mean that the machine was suspended. */
const SUSPENDED = 1000

/** The questions of the clock to the activity that it measures. */
export interface Activity {
  /** `true` if there is no activity, and nothing suspends the end. */
  readonly quiet: boolean
  /** Activity is now. */
  touch(): void
  /** Marks bytes as seen. */
  mark(): void
  /** `true` if part of a head has arrived since the mark. */
  readonly headBegun: boolean
  /** Reports whether bytes have moved on upgraded sockets since the last call. */
  trafficMoved(): boolean
}

/** The expected deadline and the one timer that waits for it, in ms since the start: section 5 of the design. */
export class ModelClock {
  now = 0
  /** The lead of the wall clock over the monotonic clock. */
  ahead = 0
  state: 'paused' | 'running' | 'ended' = 'paused'
  endedAt: number | undefined
  readonly #patience: number
  readonly #startupPatience: number
  readonly #activity: Activity
  /** The renewals that were not taken back. The last one sets the deadline. */
  #renewals: Renewal[] = []
  /** `true` if there was an activity while paused. */
  #usedBefore = false
  /** The time until which a head that has begun to arrive is waited for. */
  #lookAgainAt = 0
  /** The timeouts, each at a time of its own. */
  #timeouts: { readonly at: number; readonly order: number; readonly fire: () => void }[] = []
  #timer: { readonly at: number; readonly order: number } | undefined
  /**
   * The number of timeouts and timers that were set. If several are due at once, the one that was set first fires
   * first.
   */
  #orders = 0
  /** The lead of the wall clock when the timer last fired, or was set while there was none. */
  #knownAhead = 0

  constructor(patience: number, startupPatience: number, activity: Activity) {
    this.#patience = patience
    this.#startupPatience = startupPatience
    this.#activity = activity
  }

  get deadline(): number {
    return this.#renewals.at(-1)?.deadline ?? Number.POSITIVE_INFINITY
  }

  /** Starts the clock, when the first server listens. */
  start(): void {
    if (this.state !== 'paused') return
    this.state = 'running'
    this.#renewTo(this.now + (this.#usedBefore ? this.#patience : this.#startupPatience))
    this.#sleepAtMost()
  }

  end(): void {
    this.state = 'ended'
    this.endedAt = this.now
  }

  /** Activity is now. */
  renew(): Renewal | undefined {
    this.#usedBefore = true
    if (this.state !== 'running') return undefined
    const renewal = this.#renewTo(this.now + this.#patience)
    this.#sleepAtMost()
    return renewal
  }

  /** Takes back a renewal. */
  revoke(renewal: Renewal): void {
    this.#renewals = this.#renewals.filter((each) => each !== renewal)
    this.onQuiet()
  }

  /** Handles the end of an ignored request or of a cancelled hold, which renews nothing. */
  onQuiet(): void {
    if (this.state !== 'running' || !this.#activity.quiet) return
    // Without a timer, a suspend was not detected meanwhile.
    if (this.#timer === undefined && this.#suspended) this.#activity.touch()
    else this.#sleepAtMost()
  }

  /** Calls back when `ms` milliseconds have passed. Returns the undo. */
  after(ms: number, fire: () => void): () => void {
    const timeout = { at: this.now + ms, order: ++this.#orders, fire }
    this.#timeouts.push(timeout)
    return () => {
      this.#timeouts = this.#timeouts.filter((each) => each !== timeout)
    }
  }

  /** The time of the last look, if nothing happens until then. */
  get lookAt(): number | undefined {
    return this.state === 'running' && this.#activity.quiet && this.#timer !== undefined
      ? Math.max(this.#timer.at, this.deadline)
      : undefined
  }

  /** Lets time pass. Calls `duringLook` in the middle of the last look. */
  pass(ms: number, duringLook?: () => void): void {
    const end = this.now + ms
    for (;;) {
      const [next] = this.#timeouts.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at || a.order - b.order)
      const timer = this.state === 'running' ? this.#timer : undefined
      const timerFirst = next === undefined || timer === undefined || timer.at - next.at || timer.order - next.order
      if (timer !== undefined && timer.at <= end && (timerFirst === true || timerFirst < 0)) {
        this.now = Math.max(this.now, timer.at)
        this.#wake(duringLook)
      } else if (next !== undefined) {
        this.now = Math.max(this.now, next.at)
        this.#timeouts = this.#timeouts.filter((timeout) => timeout !== next)
        next.fire()
      } else break
    }
    this.now = end
  }

  /** Blocks the event loop, so that the timer fires late. */
  block(ms: number): void {
    this.now += ms
    this.pass(0)
  }

  #wake(duringLook?: () => void): void {
    const { at } = this.#timer ?? { at: this.now }
    const overslept = this.now - at > Math.min(this.#patience, LATE_BY) || this.#suspended
    this.#knownAhead = this.ahead
    // Clients could not connect meanwhile: a full patience again.
    if (overslept && this.deadline < this.now + this.#patience) this.#activity.touch()
    this.#timer = undefined
    if (!this.#activity.quiet) return
    if (this.now < this.#markAt) {
      this.#sleep(this.#markAt)
    } else if (this.now < this.deadline) {
      this.#activity.mark()
      this.#sleep(this.deadline)
    } else {
      this.#lastLook(duringLook)
    }
  }

  #lastLook(duringLook?: () => void): void {
    duringLook?.()
    if (this.#activity.trafficMoved()) this.renew()
    if (!this.#activity.quiet) this.#timer = undefined
    else if (this.now < this.deadline) this.#sleep(this.#markAt)
    else if (this.#activity.headBegun && this.now <= this.deadline + MOST_SILENCE * this.#patience) {
      this.#activity.mark()
      this.#lookAgainAt = this.now + Math.min(this.#patience, HEAD_PATIENCE)
      this.#sleep(this.#lookAgainAt)
    } else this.end()
  }

  /** The time at which the timer should fire to mark bytes. */
  get #markAt(): number {
    return Math.max(this.deadline - Math.min(this.#patience / 2, HEAD_PATIENCE), this.#lookAgainAt)
  }

  #renewTo(deadline: number): Renewal {
    const renewal = { deadline }
    this.#renewals.push(renewal)
    return renewal
  }

  /** Sets the timer again if there is none, or if it fires after the deadline. */
  #sleepAtMost(): void {
    if (this.#timer === undefined || this.#timer.at > Math.max(this.deadline, this.now)) this.#sleep(this.#markAt)
  }

  #sleep(until: number): void {
    if (this.#timer === undefined) this.#knownAhead = this.ahead
    this.#timer = { at: Math.max(until, this.now), order: ++this.#orders }
  }

  get #suspended(): boolean {
    return this.ahead - this.#knownAhead > SUSPENDED
  }
}

export interface Renewal {
  readonly deadline: number
}
