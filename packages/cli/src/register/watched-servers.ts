import type { AnyServer, CloseReport, Duration, IdleShutdownOptions } from '@idle-shutdown/core'
import { IdleShutdown, IdleTimeoutError, internals } from '@idle-shutdown/core/adapter'
import { formatReason } from '../format-reason.ts'
import type { ToSupervisor } from '../protocol/messages.ts'
import type { Settings } from '../settings.ts'
import { allowSecondClose } from './connections/allow-second-close.ts'
import type { InterceptedListen } from './listen/intercept-listen.ts'

/** Callbacks of {@link WatchedServers}. */
export interface WatchEvents {
  /** Called at the deadline. The process ends only if the result is `true`. */
  confirm(): boolean | Promise<boolean>
  /** Called when the servers that count were idle and accept no more connections. */
  ending(servers: Iterable<AnyServer>): void
  /** Called when everything is closed after an idle end. */
  ended(report: CloseReport): void
  /** Called when a server is watched, is closed with the others, or is left to the program. */
  seen(server: AnyServer, how: 'counts' | 'closed with the others' | 'watched by the program'): void
}

/**
 * Watches all servers of the process as one. Some count, and the others are closed at the end. Servers that the
 * program watches itself are left to it. If the program closes all servers itself, the next one that listens starts a
 * new watch.
 */
export class WatchedServers {
  readonly #settings: Settings
  readonly #events: WatchEvents
  readonly #options: IdleShutdownOptions
  #current: IdleShutdown
  #uncounted: IdleShutdown
  /** The servers that count. The value stops the watching. */
  readonly #counted = new Map<AnyServer, Disposable>()
  /** The servers that the program watches itself. */
  readonly #programs = new Set<AnyServer>()
  /** The servers that are closed with the others. The value stops the watching. */
  readonly #uncountedServers = new Map<AnyServer, Disposable>()
  /** Knows the servers that may take a held address. */
  interceptListen: InterceptedListen = { portsOf: ownPorts, isDeciding: false }
  #attaching = false
  /** The time of the decision, by `performance.now()`. */
  #decidedAt = 0

  constructor(settings: Settings, events: WatchEvents) {
    this.#settings = settings
    this.#events = events
    const { grace, activity, upgrades, streams, ignore } = settings
    // A unit prevents the warning of a short duration: it was given when the setting was read, with the name that the
    // user knows.
    const withUnit = (ms: number): Duration => (ms < 1000 ? `${ms}ms` : ms)
    const patience = withUnit(settings.patience)
    const startupPatience = withUnit(settings.startupPatience)
    // Clients may wait at a held address until a server takes it.
    const confirm = (): boolean | Promise<boolean> =>
      this.#counted.size > 0 && !this.interceptListen.isDeciding && events.confirm()
    this.#options = { patience, startupPatience, grace, activity, upgrades, streams, ignore, confirm }
    this.#current = this.#watchCounted()
    this.#uncounted = this.#watchUncounted()
  }

  /** Counts as activity, because a connection is about to arrive. Returns false if the end is already decided. */
  cancelExit(): boolean {
    const { tracker, signal } = this.#current
    tracker.touch()
    return !signal.aborted
  }

  /** Reports whether nothing has been active for a patience, and the end is not yet decided. */
  get isIdle(): boolean {
    return !this.#current.signal.aborted && this.#current.tracker.explain().remaining === 0
  }

  /** Returns what keeps the process active, as plain data. */
  get idleness(): Omit<Extract<ToSupervisor, { type: 'idleness' }>, 'type'> {
    const { active, deadline, patience, reasons, uncounted } = this.#current.tracker.explain()
    return {
      active,
      deadline: deadline?.getTime(),
      patience,
      reasons: reasons.map((reason) => formatReason(reason)),
      uncounted: uncounted.map((reason) => formatReason(reason)),
    }
  }

  /** Watches a server that has begun to listen. */
  listening(server: AnyServer): void {
    server.once('close', () => this.#closed(server))
    if (this.#programs.has(server)) {
      this.#events.seen(server, 'watched by the program')
      return
    }
    this.#attaching = true
    try {
      if (this.#counts(server)) {
        if (this.#current.signal.aborted) this.#current = this.#watchCounted()
        this.#counted.set(server, this.#current.watch(server))
        this.#events.seen(server, 'counts')
      } else {
        if (this.#uncounted.signal.aborted) this.#uncounted = this.#watchUncounted()
        this.#uncountedServers.set(server, this.#uncounted.watch(server))
        this.#events.seen(server, 'closed with the others')
      }
    } finally {
      this.#attaching = false
    }
  }

  /** Lets a server count if the held address that it takes has a port that counts. */
  given(server: AnyServer): void {
    const undo = this.#uncountedServers.get(server)
    if (undo === undefined || !this.#counts(server)) return
    this.#uncountedServers.delete(server)
    undo[Symbol.dispose]()
    this.listening(server)
  }

  /** Reports whether the program watches a server itself. */
  isPrograms(server: AnyServer): boolean {
    return this.#programs.has(server)
  }

  /** Leaves a server to the program if the program has begun to watch it. That watch ends the server then. */
  watchedByProgram(server: AnyServer): void {
    if (this.#attaching) return
    this.#programs.add(server)
    const undo = this.#counted.get(server)
    if (undo === undefined) return
    this.#counted.delete(server)
    undo[Symbol.dispose]()
    this.#events.seen(server, 'watched by the program')
  }

  /** Reports whether a server that the program watches itself still listens. Such a process ends later. */
  get programListens(): boolean {
    return [...this.#programs].some(({ listening }) => listening)
  }

  /** The time (ms) that is left of the grace after the decision. */
  get graceLeft(): number {
    return Math.max(this.#settings.grace - (performance.now() - this.#decidedAt), 0)
  }

  /** Cancels the warning of core that the process is still running. */
  cancelStillRunningWarning(): void {
    for (const idle of [this.#current, this.#uncounted]) internals(idle).cancelStillRunningWarning()
  }

  /** All servers of the process that listen. */
  get servers(): readonly AnyServer[] {
    return [...this.#counted.keys(), ...this.#uncountedServers.keys(), ...this.#programs]
  }

  /** Drains all servers now, also those that the program watches. */
  async close(reason: unknown): Promise<CloseReport> {
    if (this.#current.signal.aborted) return this.#current.closed
    this.#attaching = true
    for (const server of this.#programs) if (server.listening) this.#current.watch(server)
    this.#attaching = false
    this.#decided(this.#programs)
    const closing = this.#current.close(reason)
    await this.#uncounted.close(reason)
    return closing
  }

  #counts(server: AnyServer): boolean {
    const own = this.interceptListen.portsOf(server)
    const { ports, activity } = this.#settings
    if (ports !== undefined)
      return own.some((port) => ports.has(port)) && (speaksHttp(server) || activity !== 'requests')
    // A plain net server counts by its connections if it has a port. On a path, it mostly connects parts of the
    // program.
    return speaksHttp(server) || (own.length > 0 && activity === 'connections')
  }

  #closed(server: AnyServer): void {
    this.#counted.delete(server)
    this.#uncountedServers.delete(server)
    this.#programs.delete(server)
  }

  /** Called when the end is decided. `others` are closed, too. */
  #decided(others: Iterable<AnyServer> = []): void {
    this.#decidedAt = performance.now()
    for (const server of [...this.#counted.keys(), ...this.#uncountedServers.keys(), ...others])
      allowSecondClose(server)
  }

  #watchCounted(): IdleShutdown {
    const idle = new IdleShutdown([], this.#options)
    internals(idle).waitForConfirm()
    internals(idle).endUpgrades()
    idle.signal.addEventListener('abort', () => {
      if (!(idle.signal.reason instanceof IdleTimeoutError)) return
      this.#decided()
      this.#events.ending(this.#counted.keys())
      const uncounted = this.#uncounted.close(idle.signal.reason)
      void Promise.all([idle.closed, uncounted]).then(([report]) => this.#events.ended(report))
    })
    return idle
  }

  #watchUncounted(): IdleShutdown {
    const { grace } = this.#settings
    const idle = new IdleShutdown([], { patience: Number.POSITIVE_INFINITY, grace })
    // Keeps nothing up.
    internals(idle).leaveProcess()
    internals(idle).endUpgrades()
    return idle
  }
}

function ownPorts(server: AnyServer): readonly number[] {
  const address = server.address()
  return typeof address === 'object' && address !== null ? [address.port] : []
}

function speaksHttp(server: AnyServer): boolean {
  return 'closeAllConnections' in server || 'updateSettings' in server
}
