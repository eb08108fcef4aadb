import type { AnyServer, CloseReport, Duration, IdleShutdownOptions } from '@idle-shutdown/core'
import { endUpgrades, IdleShutdown, IdleTimeoutError, waitForConfirm } from '@idle-shutdown/core/adapter'
import type { Settings } from './settings.ts'

/** Whom the watching tells, and asks. */
export interface Overseer {
  /** Asked at the deadline; only `true` lets it end. */
  confirm(): boolean | Promise<boolean>
  /** The servers that counted were idle, and accept nothing any more. */
  ending(servers: Iterable<AnyServer>): void
  /** Everything is closed after an idle end. */
  ended(report: CloseReport): void
  /** A server is watched, or closed along, or left to the program. */
  seen(server: AnyServer, how: 'counts' | 'closed along' | 'watched by the program'): void
}

/**
 * All servers of the process under one clock. Some count; others are closed along at the end. Those that the program
 * watches itself are left to it. Where the program has closed all of its own accord, the next that listens begins anew.
 */
export class WatchedServers {
  readonly #settings: Settings
  readonly #overseer: Overseer
  readonly #options: IdleShutdownOptions
  #current: IdleShutdown
  #along: IdleShutdown
  /** What undoes the watching of those that count. */
  readonly #counted = new Map<AnyServer, Disposable>()
  /** Those that the program watches itself. */
  readonly #programs = new Set<AnyServer>()
  /** What undoes the watching of those that are closed along. */
  readonly #closedAlong = new Map<AnyServer, Disposable>()
  /** The ports on which a server can be called. */
  portsOf: (server: AnyServer) => readonly number[] = ownPorts
  #attaching = false

  constructor(settings: Settings, overseer: Overseer) {
    this.#settings = settings
    this.#overseer = overseer
    const { grace, activity, upgrades, ignore } = settings
    // With a unit: a short one was warned of when it was read, by the name that the user knows.
    const withUnit = (ms: number): Duration => (ms < 1000 ? `${ms}ms` : ms)
    const patience = withUnit(settings.patience)
    const startupPatience = withUnit(settings.startupPatience)
    const confirm = (): boolean | Promise<boolean> => this.#counted.size > 0 && overseer.confirm()
    this.#options = { patience, startupPatience, grace, activity, upgrades, ignore, confirm }
    this.#current = this.#anew()
    this.#along = this.#newAlong()
  }

  /** Somebody comes: it goes on, unless the end is decided. */
  goOn(): boolean {
    const { tracker, signal } = this.#current
    tracker.touch()
    return !signal.aborted
  }

  /** Reports whether nothing has been active for a patience, while the end is not decided. */
  get isIdle(): boolean {
    return !this.#current.signal.aborted && this.#current.tracker.explain().remaining === 0
  }

  /** What holds it awake, as plain data. */
  get idleness(): { active: number; deadline: number | undefined; patience: number; reasons: readonly string[] } {
    const { active, deadline, patience, reasons } = this.#current.tracker.explain()
    return {
      active,
      deadline: deadline?.getTime(),
      patience,
      reasons: reasons.map(({ kind, label, ignored }) => `${kind} ${label}${ignored ? ' (ignored)' : ''}`),
    }
  }

  /** A server has begun to listen. */
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

  /** A server is given what is held: if that is a port that counts, so does the server. */
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

  /** Somebody watches a server: if it was not this, the program does, and its own watching is the one that ends it. */
  watchedBySomebody(server: AnyServer): void {
    if (this.#attaching) return
    this.#programs.add(server)
    const undo = this.#counted.get(server)
    if (undo === undefined) return
    this.#counted.delete(server)
    undo[Symbol.dispose]()
    this.#overseer.seen(server, 'watched by the program')
  }

  /** Drains everything now, the servers that the program watches included. */
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
    const own = this.portsOf(server)
    const { ports, activity } = this.#settings
    if (ports !== undefined)
      return own.some((port) => ports.has(port)) && (speaksHttp(server) || activity !== 'requests')
    // A plain server counts by its connections where others may call it. On a path it is mostly plumbing of the program's own.
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
