import type { AnyServer, CloseReport, Duration, IdleShutdownOptions } from '@idle-shutdown/core'
import { endUpgrades, IdleShutdown, IdleTimeoutError, waitForConfirm } from '@idle-shutdown/core/adapter'
import type { Settings } from './settings.ts'
import type { StandIn } from './stand-in.ts'

/** Callbacks of {@link WatchedServers}. */
export interface Overseer {
  /** Called at the deadline. The process ends only if the result is `true`. */
  confirm(): boolean | Promise<boolean>
  /** Called when the servers that count were idle and accept no more connections. */
  ending(servers: Iterable<AnyServer>): void
  /** Called when everything is closed after an idle end. */
  ended(report: CloseReport): void
  /** Called when a server is watched, is closed along with the others, or is left to the program. */
  seen(server: AnyServer, how: 'counts' | 'closed along' | 'watched by the program'): void
}

/**
 * Watches all servers of the process as one. Some count, and the others are closed along at the end. Servers that the
 * program watches itself are left to it. If the program closes all servers itself, the next one that listens starts a
 * new watch.
 */
export class WatchedServers {
  readonly #settings: Settings
  readonly #overseer: Overseer
  readonly #options: IdleShutdownOptions
  #current: IdleShutdown
  #along: IdleShutdown
  /** The servers that count. The value stops the watching. */
  readonly #counted = new Map<AnyServer, Disposable>()
  /** The servers that the program watches itself. */
  readonly #programs = new Set<AnyServer>()
  /** The servers that are closed along. The value stops the watching. */
  readonly #closedAlong = new Map<AnyServer, Disposable>()
  /** Knows the servers that may take a held address. */
  standIn: StandIn = { portsOf: ownPorts, isDeciding: false }
  #attaching = false

  constructor(settings: Settings, overseer: Overseer) {
    this.#settings = settings
    this.#overseer = overseer
    const { grace, activity, upgrades, ignore } = settings
    // A unit prevents the warning of a short duration: it was given when the setting was read, with the name that the
    // user knows.
    const withUnit = (ms: number): Duration => (ms < 1000 ? `${ms}ms` : ms)
    const patience = withUnit(settings.patience)
    const startupPatience = withUnit(settings.startupPatience)
    // Clients may wait at a held address until a server takes it.
    const confirm = (): boolean | Promise<boolean> =>
      this.#counted.size > 0 && !this.standIn.isDeciding && overseer.confirm()
    this.#options = { patience, startupPatience, grace, activity, upgrades, ignore, confirm }
    this.#current = this.#anew()
    this.#along = this.#newAlong()
  }

  /** Counts as activity, because a connection is about to arrive. Returns false if the end is already decided. */
  goOn(): boolean {
    const { tracker, signal } = this.#current
    tracker.touch()
    return !signal.aborted
  }

  /** Reports whether nothing has been active for a patience, and the end is not yet decided. */
  get isIdle(): boolean {
    return !this.#current.signal.aborted && this.#current.tracker.explain().remaining === 0
  }

  /** Returns what keeps the process active, as plain data. */
  get idleness(): { active: number; deadline: number | undefined; patience: number; reasons: readonly string[] } {
    const { active, deadline, patience, reasons } = this.#current.tracker.explain()
    return {
      active,
      deadline: deadline?.getTime(),
      patience,
      reasons: reasons.map(({ kind, label, ignored }) => `${kind} ${label}${ignored ? ' (ignored)' : ''}`),
    }
  }

  /** Watches a server that has begun to listen. */
  listening(server: AnyServer): void {
    server.once('close', () => this.#closed(server))
    if (this.#programs.has(server)) {
      this.#overseer.seen(server, 'watched by the program')
      return
    }
    this.#attaching = true
    try {
      if (this.#counts(server)) {
        if (this.#current.signal.aborted) this.#current = this.#anew()
        this.#counted.set(server, this.#current.watch(server))
        this.#overseer.seen(server, 'counts')
      } else {
        if (this.#along.signal.aborted) this.#along = this.#newAlong()
        this.#closedAlong.set(server, this.#along.watch(server))
        this.#overseer.seen(server, 'closed along')
      }
    } finally {
      this.#attaching = false
    }
  }

  /** Lets a server count if the held address that it takes has a port that counts. */
  given(server: AnyServer): void {
    const undo = this.#closedAlong.get(server)
    if (undo === undefined || !this.#counts(server)) return
    this.#closedAlong.delete(server)
    undo[Symbol.dispose]()
    this.listening(server)
  }

  /** Reports whether the program watches a server itself. */
  isPrograms(server: AnyServer): boolean {
    return this.#programs.has(server)
  }

  /** Leaves a server to the program if the program has begun to watch it. That watch ends the server then. */
  watchedBySomebody(server: AnyServer): void {
    if (this.#attaching) return
    this.#programs.add(server)
    const undo = this.#counted.get(server)
    if (undo === undefined) return
    this.#counted.delete(server)
    undo[Symbol.dispose]()
    this.#overseer.seen(server, 'watched by the program')
  }

  /** Drains all servers now, also those that the program watches. */
  async close(reason: unknown): Promise<CloseReport> {
    if (this.#current.signal.aborted) return this.#current.closed
    this.#attaching = true
    for (const server of this.#programs) if (server.listening) this.#current.watch(server)
    this.#attaching = false
    const closing = this.#current.close(reason)
    await this.#along.close(reason)
    return closing
  }

  #counts(server: AnyServer): boolean {
    const own = this.standIn.portsOf(server)
    const { ports, activity } = this.#settings
    if (ports !== undefined)
      return own.some((port) => ports.has(port)) && (speaksHttp(server) || activity !== 'requests')
    // A plain net server counts by its connections if it has a port. On a path, it mostly connects parts of the
    // program.
    return speaksHttp(server) || (own.length > 0 && activity === 'connections')
  }

  #closed(server: AnyServer): void {
    this.#counted.delete(server)
    this.#closedAlong.delete(server)
    this.#programs.delete(server)
  }

  #anew(): IdleShutdown {
    const idle = new IdleShutdown([], this.#options)
    waitForConfirm(idle)
    endUpgrades(idle)
    idle.signal.addEventListener('abort', () => {
      if (!(idle.signal.reason instanceof IdleTimeoutError)) return
      this.#overseer.ending(this.#counted.keys())
      const along = this.#along.close(idle.signal.reason)
      void Promise.all([idle.closed, along]).then(([report]) => this.#overseer.ended(report))
    })
    return idle
  }

  #newAlong(): IdleShutdown {
    const { grace } = this.#settings
    const idle = new IdleShutdown([], { patience: Number.POSITIVE_INFINITY, grace })
    endUpgrades(idle)
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
