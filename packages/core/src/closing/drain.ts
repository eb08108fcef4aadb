import type { Connection, DrainState } from '../connection/connection.ts'
import { Arriving } from '../connection/node-internals.ts'
import type { Countdown } from '../tracker/countdown.ts'
import { afterTwoTurns, inSlices, lastLook } from '../tracker/event-loop.ts'
import type { PhaseTable } from '../tracker/phases.ts'

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

/** A watched server, as a drain sees it. */
export interface DrainedServer {
  /** The connections that are open. */
  readonly connections: Iterable<Connection>
  /** The number of connections that have arrived. */
  readonly arrivals: number
  /** Reports whether the server has no listener and no connection. */
  readonly isOver: boolean
  /** Announces the end on all connections. Called when the end is decided, before the listener closes. */
  announce(): void
  /** Closes the listener, and leaves the connections open. */
  close(): void
  /** Reports the decision, and the most time (ms) that the drain takes, to the service that passed the listener. */
  draining(grace: number): void
  /** Checks the connections more often from now on. Called when the listeners have closed. */
  checkOften(): void
  /** Destroys the connections that Node has a list of. Upgraded sockets and HTTP/2 sessions are not in it. */
  destroyConnections(): void
}

type DrainPhase = 'open' | 'announced' | 'closing' | 'cut' | 'closed'

/** The phases of a drain. The code reads only the types of the table, with which tests compare each change. */
export const DRAIN_PHASES: PhaseTable<DrainPhase> = {
  open: { means: 'the end is not decided', next: ['announced'] },
  announced: { means: 'the end is decided, and the signal aborts', next: ['closing', 'cut'] },
  closing: { means: 'no listener is open, and each connection ends as soon as it can', next: ['cut', 'closed'] },
  cut: { means: 'grace has ended, and every connection is destroyed', next: ['closed'] },
  closed: { means: 'everything has closed', next: [] },
}

/** The most time (ms) to wait for a client that has not begun to send a request. */
const SILENCE = 1000

/** The part of a shutdown between the decision and the end of the last socket. See {@link DRAIN_PHASES}. */
export class Drain implements DrainState {
  /** Resolves with the report when everything has closed. Never rejects. */
  readonly closed: Promise<CloseReport>
  /** Resolves when no listener accepts connections any more. */
  readonly listenersClosed: Promise<void>
  /** `true` if upgraded sockets end with the drain, even if they count as activity. */
  endsUpgrades = false
  readonly #servers: Iterable<DrainedServer>
  readonly #countdown: Countdown
  readonly #grace: number
  /** The undo of each timer that is set. */
  readonly #timers = new Set<() => void>()
  #markClosed: () => void = () => {}
  #resolve: (report: CloseReport) => void = () => {}
  #phase: DrainPhase = 'open'
  #decidedAt = 0
  #reason: unknown
  #drained = 0
  #destroyed = 0
  #abandoned = 0

  constructor(servers: Iterable<DrainedServer>, countdown: Countdown, grace: number) {
    this.#servers = servers
    this.#countdown = countdown
    this.#grace = grace
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.listenersClosed = new Promise((resolve) => {
      this.#markClosed = resolve
    })
  }

  /** Reports whether the end is decided. */
  get begun(): boolean {
    return this.#phase !== 'open'
  }

  /**
   * Reports whether the listeners are closed and the signal has aborted, so that connections end as soon as they can.
   * After an idle verdict, the listeners close before the signal aborts.
   */
  get finishing(): boolean {
    return this.#phase === 'closing' || this.#phase === 'cut'
  }

  /** Reports whether everything has closed. */
  get over(): boolean {
    return this.#phase === 'closed'
  }

  /**
   * Closes everything, in order: announces the end, aborts the signal, closes.
   *
   * After an idle verdict the listeners close in the same turn of the event loop, so that no connection can arrive in
   * between. Otherwise they close after a last look. `abort` returns the reason of the signal.
   */
  end(idle: boolean, abort: () => unknown): void {
    this.enter('announced')
    this.#decidedAt = this.#countdown.clock.now()
    // After an idle verdict, a response whose client is silent may still be in progress.
    for (const server of this.#servers) server.announce()
    if (idle) this.#closeListeners()
    this.#reason = abort()
    // If the parent had aborted before, the servers are watched only now.
    for (const server of this.#servers) server.draining(this.#grace)
    if (this.#grace === 0) {
      this.#cut()
      return
    }
    this.#later(this.#grace, () => this.#cut())
    if (idle) {
      this.#close()
    } else {
      // The kernel's queue may hold connections, and Node accepts one in a turn. Bytes on open connections need no
      // listener, so only arrivals are watched.
      lastLook(
        () => this.#accepted,
        () => {
          if (this.#phase !== 'announced') return
          this.#closeListeners()
          this.#close()
        },
      )
    }
  }

  /** Ends a connection that was accepted after the decision: as soon as it is idle, or at once if grace has ended. */
  accepted(connection: Connection): void {
    if (this.#phase === 'cut') connection.destroy()
    if (this.finishing) finish([connection])
    this.endIfSilent([connection])
  }

  /** Records that a request or stream was answered to the end since the decision. */
  answered(): void {
    this.#drained++
  }

  /** Resolves `closed` if everything has closed. Called when something has ended. */
  check(): void {
    if (!this.finishing) return
    if (this.#phase === 'closing' && this.#countdown.holds > 0) return
    for (const server of this.#servers) if (!server.isOver) return
    this.enter('closed')
    // Cancel timers and drop their closures, which reference closed connections.
    for (const undo of this.#timers) undo()
    this.#timers.clear()
    this.#resolve({
      reason: this.#reason,
      duration: this.#countdown.clock.now() - this.#decidedAt,
      drained: this.#drained,
      destroyed: this.#destroyed,
      abandoned: this.#abandoned,
    })
  }

  /**
   * Ends those connections that are silent now and whose clients send nothing for a second. A slow TLS handshake is not
   * silence.
   */
  endIfSilent(connections: readonly Connection[]): void {
    const silent = connections.filter((connection) => connection.endsIfSilent)
    if (silent.length === 0) return
    const asked = silent.map((connection) => [connection, connection.bytesRead] as const)
    // Two turns later, since timers run first after a gap in the event loop, before bytes that arrived meanwhile are
    // read.
    this.#later(Math.min(this.#grace, SILENCE), () =>
      afterTwoTurns(() => {
        for (const [connection, read] of asked) connection.endIfStillSilent(read)
      }),
    )
  }

  /** The one function that changes the phase. */
  protected enter(phase: DrainPhase): void {
    this.#phase = phase
  }

  #close(): void {
    this.enter('closing')
    const connections = [...this.#connections()]
    for (const server of this.#servers) server.checkOften()
    inSlices(connections, finish)
    this.endIfSilent(connections)
    this.check()
  }

  /**
   * Destroys everything that is left when grace ends, including upgraded sockets, which `closeAllConnections()` misses.
   */
  #cut(): void {
    this.#closeListeners()
    this.enter('cut')
    this.#abandoned = this.#countdown.holds
    for (const connection of [...this.#connections()]) {
      this.#destroyed++
      connection.destroy()
    }
    for (const server of this.#servers) server.destroyConnections()
    this.check()
  }

  #closeListeners(): void {
    for (const server of this.#servers) server.close()
    this.#markClosed()
  }

  /** The number of connections that all servers have accepted. */
  get #accepted(): number {
    let sum = 0
    for (const { arrivals } of this.#servers) sum += arrivals
    return sum
  }

  #later(ms: number, callback: () => void): void {
    const undo = this.#countdown.after(ms, () => {
      this.#timers.delete(undo)
      callback()
    })
    this.#timers.add(undo)
  }

  *#connections(): Iterable<Connection> {
    for (const { connections } of this.#servers) yield* connections
  }
}

/** Closes each connection once it is idle. Requests that the kernel has already received are still answered. */
function finish(connections: readonly Connection[]): void {
  for (const connection of connections) connection.beginEnd()
  afterTwoTurns(() => {
    const arriving = new Arriving()
    for (const connection of connections) connection.endIfQuiet(arriving)
  })
}
