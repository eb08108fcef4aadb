/** How long before the deadline bytes are marked, and how long a head that began is waited for (decision 6). */
const HEAD_PATIENCE = 1000
/** For how many patiences a client that says nothing is waited for. */
export const MOST_SILENCE = 2
/** A timer that wakes later than this was held up. */
const HELD_UP = 5000
/** The wall clock ran ahead by more than this: the machine was suspended. */
const SUSPENDED = 1000

/** What the clock asks of those whose activity it measures. */
export interface Activity {
  /** Whether nothing is active, and nothing suspends the end. */
  readonly quiet: boolean
  /** Activity is now. */
  touch(): void
  /** Bytes are marked as seen. */
  mark(): void
  /** Whether part of a head came since the mark. */
  readonly headBegun: boolean
  /** Whether bytes moved on upgraded sockets since the last look. */
  trafficMoved(): boolean
}

/** Section 5 of the design: the deadline, and the one timer that sleeps until the deadline it knew. In ms since the start. */
export class ReferenceClock {
  now = 0
  /** How far the wall clock has run ahead of the monotonic one. */
  ahead = 0
  state: 'paused' | 'running' | 'ended' = 'paused'
  endedAt: number | undefined
  readonly #patience: number
  readonly #startupPatience: number
  readonly #activity: Activity
  /** Every renewal that was not taken back. The last one sets the deadline. */
  #renewals: Renewal[] = []
  /** While paused: whether there was an activity. */
  #usedBefore = false
  /** A head that has begun to arrive is given until then. */
  #lookAgainAt = 0
  /** What falls due at a time of its own. */
  #alarms: { readonly at: number; readonly order: number; readonly ring: () => void }[] = []
  #timer: { readonly at: number; readonly order: number } | undefined
  /** Of what falls due at once, what was set first is first. */
  #orders = 0
  /** How far the wall clock was ahead when the timer last woke, or was set where there was none. */
  #knownAhead = 0

  constructor(patience: number, startupPatience: number, activity: Activity) {
    this.#patience = patience
    this.#startupPatience = startupPatience
    this.#activity = activity
  }

  get deadline(): number {
    return this.#renewals.at(-1)?.deadline ?? Number.POSITIVE_INFINITY
  }

  /** The first server listens. */
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

  /** What renewed turns out to have been no activity. */
  takeBack(renewal: Renewal): void {
    this.#renewals = this.#renewals.filter((each) => each !== renewal)
    this.rest()
  }

  /** Something ended that renews nothing. */
  rest(): void {
    if (this.state !== 'running' || !this.#activity.quiet) return
    // Nobody looked meanwhile whether the machine was suspended.
    if (this.#timer === undefined && this.#suspended) this.#activity.touch()
    else this.#sleepAtMost()
  }

  /** Calls back when so much time has passed. Returns the undo. */
  after(ms: number, ring: () => void): () => void {
    const alarm = { at: this.now + ms, order: ++this.#orders, ring }
    this.#alarms.push(alarm)
    return () => {
      this.#alarms = this.#alarms.filter((each) => each !== alarm)
    }
  }

  /** When the last look is due, if nothing happens until then. */
  get lookAt(): number | undefined {
    return this.state === 'running' && this.#activity.quiet && this.#timer !== undefined
      ? Math.max(this.#timer.at, this.deadline)
      : undefined
  }

  /** Time passes. What `duringLook` does comes in the middle of the last look. */
  pass(ms: number, duringLook?: () => void): void {
    const end = this.now + ms
    for (;;) {
      const [next] = this.#alarms.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at || a.order - b.order)
      const timer = this.state === 'running' ? this.#timer : undefined
      const timerFirst = next === undefined || timer === undefined || timer.at - next.at || timer.order - next.order
      if (timer !== undefined && timer.at <= end && (timerFirst === true || timerFirst < 0)) {
        this.now = Math.max(this.now, timer.at)
        this.#wake(duringLook)
      } else if (next !== undefined) {
        this.now = Math.max(this.now, next.at)
        this.#alarms = this.#alarms.filter((alarm) => alarm !== next)
        next.ring()
      } else break
    }
    this.now = end
  }

  /** The event loop is blocked: the timer wakes late. */
  block(ms: number): void {
    this.now += ms
    this.pass(0)
  }

  #wake(duringLook?: () => void): void {
    const { at } = this.#timer ?? { at: this.now }
    const overslept = this.now - at > Math.min(this.#patience, HELD_UP) || this.#suspended
    this.#knownAhead = this.ahead
    // Nobody could call meanwhile: a full patience again.
    if (overslept && this.deadline < this.now + this.#patience) this.#activity.touch()
    this.#timer = undefined
    if (!this.#activity.quiet) return
    if (this.now < this.#markAt) {
      this.#sleep(this.#markAt)
    } else if (this.now < this.deadline) {
      this.#activity.mark()
      this.#sleep(this.deadline)
    } else {
      this.#look(duringLook)
    }
  }

  #look(duringLook?: () => void): void {
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

  /** When the timer should wake to mark bytes. */
  get #markAt(): number {
    return Math.max(this.deadline - Math.min(this.#patience / 2, HEAD_PATIENCE), this.#lookAgainAt)
  }

  #renewTo(deadline: number): Renewal {
    const renewal = { deadline }
    this.#renewals.push(renewal)
    return renewal
  }

  /** A timer that sleeps beyond the deadline, or none, is set anew. */
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
