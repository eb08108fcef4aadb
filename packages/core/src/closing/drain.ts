import type { Connection, DrainState } from '../connection/connection.ts'
import { HttpConnection } from '../connection/http-connection.ts'
import { Arriving } from '../connection/node-internals.ts'
import type { Countdown } from '../tracker/countdown.ts'
import { afterTwoTurns, inSlices, lastLook } from '../tracker/event-loop.ts'
import type { PhaseTable } from '../tracker/phases.ts'
import type { CloseReport } from './close-report.ts'
import { EndCallbacks } from './end-callbacks.ts'

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

type DrainPhase = 'open' | 'announced' | 'closing' | 'ending' | 'cut' | 'closed'

/** The phases of a drain. The code reads only the types of the table, with which tests compare each change. */
export const DRAIN_PHASES: PhaseTable<DrainPhase> = {
  open: { means: 'the end is not decided', next: ['announced'] },
  announced: { means: 'the end is decided, and the signal aborts', next: ['closing', 'cut'] },
  closing: {
    means: 'no listener is open, and each connection ends as soon as it can',
    next: ['ending', 'cut', 'closed'],
  },
  ending: { means: 'everything has closed, and callbacks of beforeEnd() run', next: ['cut', 'closed'] },
  cut: { means: 'grace has ended, every connection is destroyed, and no callback is awaited', next: ['closed'] },
  closed: { means: 'everything has closed, and no callback is left to call', next: [] },
}

/** The most time (ms) to wait for a client that has not begun to send a request. */
const SILENCE = 1000

/** The part of a shutdown between the decision and `closed`. See {@link DRAIN_PHASES}. */
export class Drain implements DrainState {
  /** Resolves with the report when everything has closed and the callbacks are over. Never rejects. */
  readonly closed: Promise<CloseReport>
  /** Resolves when no listener accepts connections any more. */
  readonly listenersClosed: Promise<void>
  /** `true` if upgraded sockets end with the drain, even if they count as activity. */
  endsUpgrades = false
  /** The callbacks that are awaited between the last answer and `closed`. */
  readonly callbacks: EndCallbacks
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
  /** Defined when everything has closed, until a connection is accepted again. */
  #report: CloseReport | undefined

  constructor(servers: Iterable<DrainedServer>, countdown: Countdown, grace: number) {
    this.#servers = servers
    this.#countdown = countdown
    this.#grace = grace
    this.callbacks = new EndCallbacks((callback) => countdown.run(callback))
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
    return this.#phase === 'closing' || this.#phase === 'ending' || this.#phase === 'cut'
  }

  /** Reports whether `closed` has resolved. */
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
    this.#report = undefined
    if (this.#phase === 'cut') connection.destroy()
    if (this.finishing) this.#finish([connection])
    this.endIfSilent([connection])
  }

  /** Records that a request or stream was answered to the end since the decision. */
  answered(): void {
    this.#drained++
  }

  /** Calls the callbacks, and then resolves `closed`, if everything has closed. Called when something has ended. */
  check(): void {
    if (!this.finishing || this.#isOpen) return
    this.#report ??= {
      reason: this.#reason,
      duration: this.#countdown.clock.now() - this.#decidedAt,
      drained: this.#drained,
      destroyed: this.#destroyed,
      abandoned: this.#abandoned,
    }
    if (this.callbacks.begun) {
      this.#resolveClosed()
      return
    }
    if (this.#phase === 'closing' && this.callbacks.size > 0) this.enter('ending')
    this.callbacks.call(this.#report, () => this.#resolveClosed())
  }

  /** Resolves `closed` if no callback is left. A connection that was given to a server meanwhile is waited for. */
  #resolveClosed(): void {
    if (!this.callbacks.done || this.#isOpen || this.#report === undefined) return
    this.enter('closed')
    // Cancel timers and drop their closures, which reference closed connections.
    for (const undo of this.#timers) undo()
    this.#timers.clear()
    this.#resolve(this.#report)
  }

  /** Reports whether a server or connection is open, or, before grace is over, a hold. */
  get #isOpen(): boolean {
    if (this.#phase !== 'cut' && this.#countdown.holds > 0) return true
    for (const server of this.#servers) if (!server.isOver) return true
    return false
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

  /**
   * Ends what does not count on the connections, and destroys what is left of it after a second. Called after the
   * listeners of the signal.
   */
  endUncounted(connections: readonly Connection[]): void {
    const ending = connections
      .filter((connection) => connection instanceof HttpConnection)
      .filter((each) => each.endUncounted())
    if (ending.length === 0) return
    this.#later(Math.min(this.#grace, SILENCE), () => {
      for (const connection of ending) connection.cutUncounted()
    })
  }

  /** The one function that changes the phase. */
  protected enter(phase: DrainPhase): void {
    this.#phase = phase
  }

  #close(): void {
    this.enter('closing')
    const connections = [...this.#connections()]
    for (const server of this.#servers) server.checkOften()
    inSlices(connections, this.#finish)
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
      if (connection instanceof HttpConnection) connection.cut()
      else connection.destroy()
    }
    for (const server of this.#servers) server.destroyConnections()
    this.callbacks.stopAwaiting()
    this.check()
  }

  /** Closes each connection once it is idle. Requests that the kernel has already received are still answered. */
  readonly #finish = (connections: readonly Connection[]): void => {
    for (const connection of connections) connection.beginEnd()
    // Listeners of the signal that continue in a promise have written their last bytes by then.
    afterTwoTurns(() => {
      this.endUncounted(connections)
      const arriving = new Arriving()
      for (const connection of connections) connection.endIfQuiet(arriving)
    })
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
