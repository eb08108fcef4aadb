import { after, type Clock } from './clock.ts'
import type { Connection } from './connection/connection.ts'
import { Arriving } from './connection/parser.ts'
import type { Countdown } from './countdown.ts'
import { afterTwoTurns, inSlices, lastLook } from './last-look.ts'
import { destroyConnections } from './server.ts'
import type { ServerWatch } from './server-watch.ts'

/** What became of a drain. */
export interface CloseReport {
  /** The reason of the idle signal. */
  readonly reason: unknown
  /** Milliseconds from the decision to the last socket's end. */
  readonly duration: number
  /** Requests and streams in progress at the decision, or come during the drain, that were answered to the end. */
  readonly drained: number
  /** Sockets cut because grace ran out. An HTTP/2 session is one. */
  readonly destroyed: number
  /** Holds that had not ended when grace ran out. */
  readonly abandoned: number
}

/** How long (ms, at most) a connection that has not begun to ask for anything is waited for. */
const SILENCE = 1000

/** The time between the decision and the last socket's end. */
export class Drain {
  /** Resolves with the report when nothing is left. Never rejects. */
  readonly closed: Promise<CloseReport>
  /** Resolves when no listener accepts any more. */
  readonly listenersDown: Promise<void>
  /** Whether the end is decided. */
  begun = false
  /** How many requests and streams were answered to the end since. */
  drained = 0
  /** Whether upgraded sockets end with the drain, whatever they count. */
  endsUpgrades = false
  readonly #watches: ReadonlyMap<unknown, ServerWatch>
  readonly #countdown: Countdown
  readonly #clock: Clock
  readonly #grace: number
  readonly #undo: (() => void)[] = []
  #markDown: () => void = () => {}
  #resolve: (report: CloseReport) => void = () => {}
  #phase: 'accepting' | 'finishing' | 'over' = 'accepting'
  #decidedAt = 0
  #reason: unknown
  #destroyed = 0
  #abandoned: number | undefined

  constructor(watches: ReadonlyMap<unknown, ServerWatch>, countdown: Countdown, grace: number) {
    this.#watches = watches
    this.#countdown = countdown
    this.#clock = countdown.clock
    this.#grace = grace
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.listenersDown = new Promise((resolve) => {
      this.#markDown = resolve
    })
  }

  /** Whether the listeners are down, and connections end as soon as they can. */
  get finishing(): boolean {
    return this.#phase === 'finishing'
  }

  /** Whether everything has closed. */
  get over(): boolean {
    return this.#phase === 'over'
  }

  /** The decision. After an idle verdict the listeners go down in this very turn: nothing can have come in between. */
  begin(idle: boolean): void {
    this.begun = true
    this.#decidedAt = this.#clock.now()
    if (idle) this.#closeListeners()
    else for (const watch of this.#watches.values()) watch.announce()
  }

  /** The listeners of the signal have run: close everything, in order. */
  proceed(reason: unknown, idle: boolean): void {
    this.#reason = reason
    if (this.#grace === 0) {
      this.#cut()
      return
    }
    this.#later(this.#grace, () => this.#cut())
    if (idle) {
      this.#finish()
    } else {
      // What queued before the decision is still accepted, a connection a turn. Bytes on open connections need no listener.
      const accepted = (): number => [...this.#watches.values()].reduce((sum, { arrivals }) => sum + arrivals, 0)
      lastLook(accepted, () => {
        if (this.#phase !== 'accepting') return
        this.#closeListeners()
        this.#finish()
      })
    }
  }

  /** A connection has come since the decision. */
  accepted(connection: Connection): void {
    if (this.#abandoned !== undefined) connection.destroy()
    if (this.finishing) finish([connection])
    this.endIfSilent([connection])
  }

  /** Something has ended: is anything left? */
  check(): void {
    if (!this.finishing) return
    if (this.#abandoned === undefined && this.#countdown.holds > 0) return
    for (const watch of this.#watches.values()) if (!watch.isOver) return
    this.#phase = 'over'
    // Let go of, too: they lead to connections that have closed.
    for (const undo of this.#undo.splice(0)) undo()
    this.#resolve({
      reason: this.#reason,
      duration: this.#clock.now() - this.#decidedAt,
      drained: this.drained,
      destroyed: this.#destroyed,
      abandoned: this.#abandoned ?? 0,
    })
  }

  /** Asks the silent of these to end in a second, where their clients have said nothing since. A slow TLS handshake is no silence. */
  endIfSilent(connections: readonly Connection[]): void {
    const silent = connections.filter((connection) => connection.silent)
    if (silent.length === 0) return
    const asked = silent.map((connection) => [connection, connection.read] as const)
    // Two turns later: after a gap in the event loop, timers are due before what came meanwhile is read.
    this.#later(Math.min(this.#grace, SILENCE), () =>
      afterTwoTurns(() => {
        for (const [connection, read] of asked) connection.finishSilent(read)
      }),
    )
  }

  #finish(): void {
    this.#phase = 'finishing'
    const connections = [...this.#connections()]
    for (const watch of this.#watches.values()) watch.finish()
    inSlices(connections, finish)
    this.endIfSilent(connections)
    this.check()
  }

  /** Grace is over: whatever is left is destroyed, upgraded sockets included, which closeAllConnections() misses. */
  #cut(): void {
    this.#closeListeners()
    this.#phase = 'finishing'
    this.#abandoned = this.#countdown.holds
    for (const connection of [...this.#connections()]) {
      this.#destroyed++
      connection.destroy()
    }
    for (const { server } of this.#watches.values()) destroyConnections(server)
    this.check()
  }

  #closeListeners(): void {
    for (const watch of this.#watches.values()) watch.close()
    this.#markDown()
  }

  #later(ms: number, callback: () => void): void {
    this.#undo.push(after(this.#clock, ms, callback))
  }

  *#connections(): Iterable<Connection> {
    for (const watch of this.#watches.values()) yield* watch.connections
  }
}

/** Connections end as soon as nothing is in progress. What has reached the machine by now is still answered. */
function finish(connections: readonly Connection[]): void {
  for (const connection of connections) connection.finish()
  afterTwoTurns(() => {
    const arriving = new Arriving()
    for (const connection of connections) connection.finishQuiet(arriving)
  })
}
