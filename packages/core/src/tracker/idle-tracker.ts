import type { ChildProcess } from 'node:child_process'
import type { Worker } from 'node:worker_threads'
import { IdleTimeoutError } from '../errors.ts'
import { type IdleTrackerOptions, trackerSettings } from '../options.ts'
import type { ActivityProbe } from './arrival-marks.ts'
import { Countdown } from './countdown.ts'
import { type Explanation, inOneLine, MOST_REASONS, type Reason } from './explanation.ts'
import { CountedHold, endedHold, type Hold, type HoldOptions, maxAgeOf } from './hold.ts'
import { IdleSignal } from './idle-signal.ts'
import { waitFor } from './work.ts'

/** The cause of an end: the deadline, a call of `close()`, or the parent signal. */
export type EndedBy = 'idle' | 'call' | 'parent'

/** Marks the options of a tracker that starts paused. Users cannot set a symbol of this module. */
const PAUSED: unique symbol = Symbol('paused')

/** Makes a tracker that starts paused: the tracker of an `IdleShutdown`. Not exported from the package. */
export function pausedTracker(options: IdleTrackerOptions): IdleTracker {
  const paused: IdleTrackerOptions & { readonly [PAUSED]: true } = { ...options, [PAUSED]: true }
  return new IdleTracker(paused)
}

/** Connects an observer to a tracker, and returns its private controls. Not exported from the package. */
export let observe: (tracker: IdleTracker, observer: Observer) => TrackerControls

/**
 * Aborts a signal, once, when nothing has been active for the patience.
 *
 * Counts holds, and what an `IdleShutdown` sees on its servers. Closes nothing.
 *
 * Ends when the deadline passes, when the parent signal aborts, or when it is disposed, and cannot be used again. Its
 * timer never keeps the process alive.
 *
 * Listeners of the signal and `confirm` run in the asynchronous context in which the tracker was made.
 *
 * @see https://pkg.go.dev/context a Go context that is done when nothing is active any more
 */
export class IdleTracker implements Disposable {
  /** The time without activity, in milliseconds, after which the tracker counts as idle; `Infinity`: never. */
  readonly patience: number
  readonly #countdown: Countdown
  readonly #idle = new IdleSignal()
  readonly #holds = new Set<CountedHold>()
  #observer: Observer | undefined
  #phase: 'running' | 'ended' | 'disposed' = 'running'
  #forgetParent: (() => void) | undefined

  /**
   * Starts the clock.
   *
   * @throws IdleUsageError `ERR_IDLE_UNKNOWN_OPTION`, `ERR_IDLE_INVALID_OPTION`, `ERR_IDLE_INVALID_DURATION`
   */
  constructor(options?: IdleTrackerOptions) {
    const settings = trackerSettings(options)
    this.patience = settings.patience
    this.#countdown = new Countdown(settings, () => this.#end(new IdleTimeoutError(this.patience), 'idle'))
    const { signal: parent } = settings
    if (parent?.aborted) {
      this.#end(parent.reason, 'parent')
      return
    }
    if (parent !== undefined) {
      const onAbort = (): void => this.#end(parent.reason, 'parent')
      parent.addEventListener('abort', onAbort, { once: true })
      this.#forgetParent = () => parent.removeEventListener('abort', onAbort)
    }
    if (!(PAUSED in Object(options))) this.#countdown.startClock()
  }

  /** The idle signal. Aborts once, with an {@link IdleTimeoutError} at the deadline, or with the parent's reason. */
  get signal(): AbortSignal {
    return this.#idle.signal
  }

  /**
   * The time at which the tracker will count as idle. Undefined while something is active, when disabled, and after the
   * end or disposal.
   */
  get deadline(): Date | undefined {
    const remaining = this.#remaining
    return remaining === undefined ? undefined : new Date(this.#countdown.clock.date() + remaining)
  }

  /** The number of active connections, requests and holds. Ignored requests are not included. */
  get active(): number {
    return this.#countdown.active + this.#countdown.holds
  }

  /**
   * Keeps the tracker active until the hold is released or cancelled. Does nothing after the end. During the drain of an
   * `IdleShutdown`, a hold delays `closed`, within grace.
   *
   * @throws IdleUsageError `ERR_IDLE_INVALID_DURATION`, `ERR_IDLE_UNKNOWN_OPTION`, `ERR_IDLE_INVALID_OPTION`
   */
  hold(label: string = 'hold', options: HoldOptions = {}): Hold {
    const ms = maxAgeOf(label, options)
    if (this.#countdown.phase === 'over' && this.#observer?.takesHolds() !== true) return endedHold(label)
    const hold = new CountedHold(label, ms, this.#countdown, (ended, renews) => {
      this.#holds.delete(ended)
      if (renews) this.#countdown.finish('hold')
      else this.#countdown.cancel('hold')
      this.#observer?.holdEnded()
    })
    this.#holds.add(hold)
    this.#countdown.start('hold')
    this.#countdown.began()
    return hold
  }

  /**
   * Keeps the tracker active until `work` settles, or until a child process or worker thread exits. Returns a promise
   * with the outcome of `work`, or with undefined at the exit.
   *
   * Does not swallow a rejection. Await the returned promise, or handle its rejection. That of a child process or
   * worker rejects for wrong arguments only.
   *
   * By default, the label is `waitUntil`, or names the command of the process without its arguments, or the worker.
   *
   * @throws IdleUsageError as a rejection: `ERR_IDLE_INVALID_OPTION` for other work, and those of `hold()`
   */
  waitUntil<T>(work: PromiseLike<T>, label?: string, options?: HoldOptions): Promise<T>
  waitUntil(work: ChildProcess | Worker, label?: string, options?: HoldOptions): Promise<void>
  waitUntil(work: unknown, label?: string, options?: HoldOptions): Promise<unknown> {
    return waitFor(work, label, options, (...args) => this.hold(...args))
  }

  /** Records an activity without duration: the deadline is a patience from now. */
  touch(): void {
    this.#countdown.renew()
  }

  /** Returns what keeps the tracker active, or how long is left. */
  explain(): Explanation {
    const reasons = [...this.#holds].slice(0, MOST_REASONS).map(({ label, since }): Reason => {
      return { kind: 'hold', label, ignored: false, since: new Date(since) }
    })
    const servers = this.#observer?.servers
    const uncounted: Reason[] = []
    servers?.explain(reasons, uncounted)
    const { deadline, active, patience } = this
    const { ignored, phase: clock } = this.#countdown
    for (const list of [reasons, uncounted]) list.length = Math.min(list.length, MOST_REASONS)
    const { startedAgainBy } = servers ?? {}
    return {
      state: this.#state,
      clock,
      patience,
      active,
      ignored,
      reasons,
      uncounted,
      deadline,
      remaining: this.#remaining,
      startedAgainBy,
    }
  }

  /** Returns the explanation as one line for logs. */
  toString(): string {
    return inOneLine(this.explain())
  }

  /** Stops the clock, so that the signal never aborts. Stops listening to the parent signal. Does not end holds. */
  [Symbol.dispose](): void {
    if (this.#phase !== 'running') return
    this.#stop('disposed')
    for (const hold of this.#holds) hold.forgetMaxAge()
  }

  get #remaining(): number | undefined {
    const { deadline, phase } = this.#countdown
    if (this.#phase !== 'running' || phase === 'paused' || this.active > 0 || deadline === Infinity) return undefined
    return Math.max(0, deadline - this.#countdown.clock.now())
  }

  get #state(): Explanation['state'] {
    if (this.#phase !== 'running') return this.#phase
    if (this.active > 0) return 'active'
    if (this.#countdown.phase === 'paused') return 'starting'
    if (this.#remaining === undefined) return 'disabled'
    return this.#countdown.ignored > 0 && this.#remaining === 0 ? 'suspended' : 'waiting'
  }

  #stop(phase: 'ended' | 'disposed'): void {
    this.#phase = phase
    this.#countdown.stopClock()
    this.#forgetParent?.()
  }

  #end(reason: unknown, by: EndedBy): void {
    if (this.#phase === 'ended') return
    const disposed = this.#phase === 'disposed'
    this.#stop('ended')
    const abort = (): unknown => {
      if (disposed) return reason
      this.#countdown.run(() => this.#idle.abort(reason))
      return this.signal.reason
    }
    if (this.#observer === undefined) abort()
    else this.#observer.end(by, abort)
  }

  static {
    observe = (tracker, observer) => {
      tracker.#observer = observer
      tracker.#countdown.setProbe(observer.servers)
      return { countdown: tracker.#countdown, end: (reason) => tracker.#end(reason, 'call') }
    }
  }
}

/** The servers that are watched for a tracker, as the tracker sees them. */
export interface ObservedServers extends ActivityProbe {
  /** Adds reasons, and what does not count, to an explanation. Stops at {@link MOST_REASONS} of both. */
  explain(reasons: Reason[], uncounted: Reason[]): void
  /** The name of the service that starts the process again, for an explanation. */
  readonly startedAgainBy?: string | undefined
}

/** The owner of a tracker, which watches servers for it. */
export interface Observer {
  readonly servers: ObservedServers
  /** Reports whether a hold that begins after the decision is waited for. */
  takesHolds(): boolean
  /** Called when a hold was released or cancelled. */
  holdEnded(): void
  /** Called when the end is decided. Calls `abort` once, which aborts the signal and returns its reason. */
  end(by: EndedBy, abort: () => unknown): void
}

/** The controls of a tracker that only this package has. */
export interface TrackerControls {
  readonly countdown: Countdown
  /** Ends the tracker now, with the reason, or else with an AbortError. A disposed tracker ends without its signal. */
  end(reason: unknown): void
}
