import { after, type Clock } from './clock.ts'
import type { Connection } from './connection/connection.ts'
import { Arriving } from './connection/parser.ts'
import type { Countdown } from './countdown.ts'
import { afterTwoTurns, inSlices, lastLook } from './last-look.ts'
import { destroyConnections } from './server.ts'
import type { ServerWatch } from './server-watch.ts'

/** The result of a drain. */
export interface CloseReport {
  /** The reason of the idle signal. */
  readonly reason: unknown
  /** The milliseconds from the decision to the end of the last socket. */
  readonly duration: number
  /**
   * The number of requests and streams that were answered to the end: in progress at the decision, or arrived during
   * the drain.
   */
  readonly drained: number
  /** The number of sockets that were destroyed when grace ended. An HTTP/2 session counts as one. */
  readonly destroyed: number
  /** The number of holds that had not ended when grace did. */
  readonly abandoned: number
}

/** The most time (ms) to wait for a client that has not begun to send a request. */
const SILENCE = 1000

/** The part of a shutdown between the decision and the end of the last socket. */
export class Drain {
  /** Resolves with the report when everything has closed. Never rejects. */
  readonly closed: Promise<CloseReport>
  /** Resolves when no listener accepts connections any more. */
  readonly listenersDown: Promise<void>
  /** `true` once the end is decided. */
  begun = false
  /** The number of requests and streams that were answered to the end since. */
  drained = 0
  /** `true` if upgraded sockets end with the drain, even if they count as activity. */
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

  /** Reports whether the listeners are closed, and connections end as soon as they can. */
  get finishing(): boolean {
    return this.#phase === 'finishing'
  }

  /** Reports whether everything has closed. */
  get over(): boolean {
    return this.#phase === 'over'
  }

  /**
   * Records that the end is decided.
   *
   * After an idle verdict the listeners close in the same turn of the event loop, so that no connection can arrive in
   * between.
   */
  begin(idle: boolean): void {
    this.begun = true
    this.#decidedAt = this.#clock.now()
    if (idle) this.#closeListeners()
    else for (const watch of this.#watches.values()) watch.announce()
  }

  /** Closes everything, in order. Called when the listeners of the signal have run. */
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
      // The kernel's queue may hold connections, and Node accepts one in a turn. Bytes on open connections need no
      // listener.
      const accepted = (): number => [...this.#watches.values()].reduce((sum, { arrivals }) => sum + arrivals, 0)
      lastLook(accepted, () => {
        if (this.#phase !== 'accepting') return
        this.#closeListeners()
        this.#finish()
      })
    }
  }

  /** Ends a connection that was accepted after the decision: as soon as it is idle, or at once if grace has ended. */
  accepted(connection: Connection): void {
    if (this.#abandoned !== undefined) connection.destroy()
    if (this.finishing) finish([connection])
    this.endIfSilent([connection])
  }

  /** Resolves `closed` if everything has closed. Called when something has ended. */
  check(): void {
    if (!this.finishing) return
    if (this.#abandoned === undefined && this.#countdown.holds > 0) return
    for (const watch of this.#watches.values()) if (!watch.isOver) return
    this.#phase = 'over'
    // Cancel timers and drop their closures, which reference closed connections.
    for (const undo of this.#undo.splice(0)) undo()
    this.#resolve({
      reason: this.#reason,
      duration: this.#clock.now() - this.#decidedAt,
      drained: this.drained,
      destroyed: this.#destroyed,
      abandoned: this.#abandoned ?? 0,
    })
  }

  /**
   * Ends those connections that are silent now and whose clients send nothing for a second. A slow TLS handshake is not
   * silence.
   */
  endIfSilent(connections: readonly Connection[]): void {
    const silent = connections.filter((connection) => connection.silent)
    if (silent.length === 0) return
    const asked = silent.map((connection) => [connection, connection.read] as const)
    // Two turns later, since timers run first after a gap in the event loop, before bytes that arrived meanwhile are
    // read.
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

  /**
   * Destroys everything that is left when grace ends, including upgraded sockets, which `closeAllConnections()` misses.
   */
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

/** Closes each connection once it is idle. Requests that the kernel has already received are still answered. */
function finish(connections: readonly Connection[]): void {
  for (const connection of connections) connection.finish()
  afterTwoTurns(() => {
    const arriving = new Arriving()
    for (const connection of connections) connection.finishQuiet(arriving)
  })
}
