import { connect } from 'node:net'
import { IdleTracker } from '@idle-shutdown/core/tracker'
import { formatReason } from '../../format-reason.ts'
import type { Settings } from '../../settings.ts'
import type { PendingConnection } from '../connections/connection-queue.ts'
import { pipeToPort } from '../connections/pipe.ts'
import { findOwner, type Holder, isHeld, type Loopback } from './listeners.ts'

/** The shortest and the longest pause (ms) between tries of a port. There is no event for it. */
const TRY_AGAIN = { first: 25, longest: 500 }
/** The pause as a part of the time for which the port has been tried. */
const PART_OF_WAIT = 0.05
/**
 * The time for which an owner without a readable process stays known: `times` the duration of the search, at most
 * `most` ms.
 */
const KNOWN = { times: 4, most: 200 }
/** The time (ms) in which a listener must take a connection. If it does not, its queue is full. */
const CONNECT = 1000

const LOOPBACKS = ['127.0.0.1', '::1'] as const

/**
 * A command that binds its own port and does not speak this protocol. It is idle when no connection to it has been open
 * for a while.
 */
export class ProxiedPort {
  /** Aborts when the command is idle. */
  readonly signal: AbortSignal
  readonly #port: number
  readonly #session: number
  readonly #opened: () => void
  readonly #foreign: () => void
  readonly #tracker: IdleTracker
  #host: Loopback | undefined
  #trying = false
  #over = false
  /** The listener that was last found to be the command's. */
  #known: { readonly host: Loopback; readonly holder: Holder | undefined; readonly until: number } | undefined

  /**
   * Calls `opened` each time the port accepts after it did not, and `foreign` if the listener belongs to another user.
   * `session` is the session of the command.
   */
  constructor(
    port: number,
    session: number,
    { patience, startupPatience }: Settings,
    events: { opened(): void; foreign(): void },
  ) {
    this.#port = port
    this.#session = session
    this.#opened = events.opened
    this.#foreign = events.foreign
    this.#tracker = new IdleTracker({ patience, startupPatience })
    this.signal = this.#tracker.signal
    this.signal.addEventListener('abort', () => this.close())
    const starting = this.#tracker.hold('starting')
    void this.#try().finally(() => starting.release())
  }

  /** Reports whether the port takes connections. */
  get open(): boolean {
    return this.#host !== undefined && !this.#over
  }

  /** Returns what keeps the command active, and until when. */
  get idleness(): {
    active: number
    deadline: number | undefined
    patience: number
    reasons: readonly string[]
    uncounted: readonly string[]
  } {
    const { active, deadline, patience, reasons } = this.#tracker.explain()
    return {
      active,
      deadline: deadline?.getTime(),
      patience,
      reasons: reasons.map((reason) => formatReason(reason)),
      uncounted: [],
    }
  }

  /**
   * Pipes a connection to the port. If the port no longer accepts, the connection is refused, and the port is tried
   * until it does. The tries do not count as activity.
   */
  take(waiting: PendingConnection, outcome: { accepted(): void; refused(): void }): void {
    const host = this.#host
    if (host === undefined) {
      outcome.refused()
      return
    }
    const hold = this.#tracker.hold(`from ${waiting.socket.remoteAddress ?? 'a unix socket'}`)
    let taken = false
    const inner = pipeToPort(waiting, { port: this.#port, host }, () => this.#isOwn(host), {
      accepted() {
        taken = true
        outcome.accepted()
      },
      refused: () => {
        this.#host = undefined
        outcome.refused()
        void this.#try()
      },
    })
    inner.once('close', () => (taken ? hold.release() : hold.cancel()))
  }

  /** Takes no more connections. */
  close(): void {
    this.#over = true
    this.#tracker[Symbol.dispose]()
  }

  /** Resolves when the port accepts, or after `close`. */
  async #try(): Promise<void> {
    if (this.#trying) return
    this.#trying = true
    const begun = performance.now()
    while (!this.#over) {
      this.#host = await this.#reach()
      if (this.#host !== undefined) break
      const pause = (performance.now() - begun) * PART_OF_WAIT
      await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(pause, TRY_AGAIN.first), TRY_AGAIN.longest)))
    }
    this.#trying = false
    if (this.open) this.#opened()
  }

  /** Tries both addresses, because a server on `localhost` may listen on either. */
  async #reach(): Promise<Loopback | undefined> {
    for (const host of LOOPBACKS) if ((await tryPort(this.#port, host)) === 'accepts' && this.#isOwn(host)) return host
    return undefined
  }

  /**
   * Reports whether the listener is the command's. Called before a byte is piped. A known holder costs one readlink.
   */
  #isOwn(host: Loopback): boolean {
    const begun = performance.now()
    const known = this.#known?.host === host ? this.#known : undefined
    if (known !== undefined && (known.holder === undefined ? begun < known.until : isHeld(known.holder))) return true
    const { owner, holder } = findOwner(this.#port, host, this.#session)
    this.#known = undefined
    if (owner === 'foreign') this.#foreign()
    // A listener that is gone by now may have belonged to another user.
    if (owner === 'foreign' || owner === 'none') return false
    const now = performance.now()
    this.#known = { host, holder, until: now + Math.min((now - begun) * KNOWN.times, KNOWN.most) }
    return true
  }
}

/** Reports whether any process listens at a port of this machine that a command wants to bind. */
export async function isPortInUse(port: number): Promise<boolean> {
  const tried = await Promise.all(LOOPBACKS.map((host) => tryPort(port, host)))
  return tried.some((how) => how !== 'refused')
}

function tryPort(port: number, host: Loopback): Promise<'accepts' | 'refused' | 'silent'> {
  return new Promise((resolve) => {
    const socket = connect({ port, host })
    const end = (how: 'accepts' | 'refused' | 'silent') => (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(how)
    }
    // If the timer fires late, an answer that has already arrived is read in this turn.
    const timer = setTimeout(() => setImmediate(end('silent')), CONNECT)
    socket.once('connect', end('accepts')).on('error', end('refused'))
  })
}
