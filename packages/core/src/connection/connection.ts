import type { Socket } from 'node:net'
import { after } from '../clock.ts'
import type { Countdown } from '../countdown.ts'
import type { Reason } from '../explanation.ts'
import { afterTwoTurns } from '../last-look.ts'
import type { ShutdownSettings } from '../options.ts'
import { bytesMoved, bytesRead } from './bytes.ts'
import { carriedBy, carry } from './carrier.ts'
import type { Arriving } from './parser.ts'

/** A watched server, as its connections see it: the countdown that they count on, and the drain that they report to. */
export interface Site {
  readonly countdown: Countdown
  readonly settings: ShutdownSettings
  readonly drain: Draining
  readonly connections: Set<Connection>
}

/** The part of a drain that connections use. */
interface Draining {
  /**
   * Reports whether the end has been decided. From then on, connections announce their end and close when they are
   * done.
   */
  readonly begun: boolean
  /** Reports whether the listener is down, too. */
  readonly finishing: boolean
  /** Reports whether upgraded sockets end with the drain, even if they count as activity. */
  readonly endsUpgrades: boolean
  /** The number of requests that were answered to the end since the decision. */
  drained: number
  /** Resolves the drain if nothing is left. Called when something has ended. */
  check(): void
  /** Calls `finishSilent` of those that are silent, after a second. */
  endIfSilent(connections: readonly Connection[]): void
}

/** The bytes written to each stuck connection at the last check. */
const stuckAt = new WeakMap<Connection, number>()

/** One socket, with the requests that are in progress on it. Knows how to end it. */
export abstract class Connection {
  readonly site: Site
  /** The accepted socket, below TLS. */
  readonly socket: Socket
  /** The stream that the protocol is read from and written to: the TLS socket after a handshake, else the socket. */
  stream: Socket
  /** The connection that another watch has on the same socket. */
  next: Connection | undefined
  /** `true` while the connection itself counts as an activity, since no request has arrived yet. */
  bare: boolean
  /** `true` during a TLS handshake. */
  securing: boolean
  /** The number of bytes that had been read at the last `mark()`. */
  protected marked = 0
  #forgetSilence: (() => void) | undefined

  constructor(site: Site, socket: Socket, bare: boolean, securing: boolean) {
    this.site = site
    this.socket = socket
    this.stream = socket
    this.bare = bare
    this.securing = securing
    this.next = carriedBy(socket)
    carry(socket, this)
    site.connections.add(this)
  }

  /** The number of bytes that have arrived, if bytes on this connection can be a request; else 0. */
  abstract get arrived(): number

  /** Reports whether bytes have arrived since the mark that are not a complete request head yet. */
  abstract headBegun(arriving: Arriving): boolean

  /** Reports whether the client has not begun to send a request. */
  abstract get silent(): boolean

  /** Announces the end of the connection to the client, if the protocol has a way to do so. */
  abstract announce(): void

  /** Ends the connection as soon as nothing is in progress. Called once, after the listener has closed. */
  abstract finish(): void

  /**
   * Ends the connection if nothing is in progress or `arriving`. Called two turns of the event loop after `finish()`.
   */
  finishQuiet(_arriving: Arriving): void {}

  /** Closes the connection in stages, in place of Node. Returns `false` if Node is to close it. */
  closeInStages(): boolean {
    return false
  }

  /** Reports whether everything in progress waits for bytes of the client. */
  get waiting(): boolean {
    return this.bare
  }

  /** The number of bytes that have been read and written. */
  get moved(): number {
    return bytesMoved(this.socket, this.stream)
  }

  /** Stops counting what waits for the client. Called when the client has been silent for too long. */
  letGo(): void {
    if (this.bare) this.unbare()
  }

  /**
   * Counts again what `letGo()` stopped counting, if the client has sent data since. Reports whether that is an
   * activity.
   */
  countAgain(): boolean {
    return false
  }

  /** Ends what waits for the client. Called in a drain, when the client has been silent for too long. */
  giveUp(): void {
    this.destroy()
  }

  /** Adds what is in progress to an explanation. */
  explain(reasons: Reason[]): void {
    if (this.bare) reasons.push({ kind: 'connection', label: this.origin, ignored: false })
  }

  /** Stops counting all requests and streams in progress. */
  protected abstract release(): void

  /**
   * Reports whether there has been traffic since the last call, on an upgraded socket that counts by its traffic. Also
   * counts again what `letGo()` stopped counting, if its client has sent data since.
   */
  trafficMoved(): boolean {
    return this.countAgain()
  }

  /** The number of bytes that have been read. */
  get read(): number {
    return bytesRead(this.socket, this.stream)
  }

  /** Remembers how many bytes have been read. */
  mark(): void {
    this.marked = this.read
  }

  /** Initializes the state of a socket that was open before its server was watched. */
  takenOver(): void {
    this.mark()
  }

  /** Records that the TLS handshake is done. From now on the protocol is spoken on `stream`. */
  secured(stream: Socket): void {
    this.securing = false
    this.stream = stream
    carry(stream, carriedBy(this.socket))
    this.mark()
  }

  /**
   * Stops counting everything on this connection. Called when its socket has closed, or when its server is no longer
   * watched.
   */
  leave(): void {
    if (!this.site.connections.has(this)) return
    this.forget()
    if (this.bare) this.unbare()
    this.release()
    this.site.drain.check()
  }

  /** Removes the connection from its server's set. Does not change the counts. */
  forget(): void {
    this.site.connections.delete(this)
    this.#unlink()
    this.forgetSilence()
  }

  /** Destroys the socket, even if requests are in progress. */
  destroy(): void {
    this.socket.destroy()
  }

  /**
   * Destroys the socket if it is stuck on a write that can never finish. Called now and then, since Node emits no event
   * for this.
   *
   * It happens when a TLS client resets the connection while Node writes session tickets at the end of the handshake.
   * Node drops that error, and later writes stay queued forever (Node 20-26).
   */
  destroyClosed(): void {
    if (!this.#stuck) return
    // Two turns later, the kernel has taken any write that is in flight, even under a faked clock.
    afterTwoTurns(() => {
      const { bytesWritten } = this.socket
      if (!this.#stuck) return
      if (stuckAt.get(this) === bytesWritten) this.socket.destroy()
      else stuckAt.set(this, bytesWritten)
    })
  }

  /** Stops counting the connection itself, and renews the deadline if it was the last activity. */
  unbare(): void {
    this.bare = false
    this.site.countdown.end()
  }

  /** Stops counting a request or stream. */
  protected ended(ignored: boolean): void {
    if (ignored) this.site.countdown.endSoft()
    else this.site.countdown.end()
  }

  /**
   * Stops counting the connection itself after the silence limit. For states in which Node has no timeout of its own.
   */
  protected boundSilence(): void {
    if (!this.bare) return
    const { countdown } = this.site
    this.#forgetSilence = after(countdown.clock, countdown.mostSilence, () => {
      if (this.bare) this.unbare()
    })
  }

  /** Cancels the silence limit. Called when the client has sent data. */
  protected forgetSilence(): void {
    this.#forgetSilence?.()
    this.#forgetSilence = undefined
  }

  /** Sends everything that was written, then FIN. */
  protected end(): void {
    const { stream } = this
    if (this.securing) this.socket.destroy()
    else if (typeof stream.destroySoon === 'function') stream.destroySoon()
    // Not a socket, but another Duplex.
    else stream.end(() => stream.destroy())
  }

  /**
   * Ends the connection if no bytes beyond `read` have been read, unless the server itself has stopped reading.
   * Otherwise makes the drain check again after a second.
   */
  finishSilent(read: number): void {
    if (!this.silent) return
    if (this.read === read && !this.heldBack) this.end()
    else this.site.drain.endIfSilent([this])
  }

  /** Reports whether bytes of the client wait because the server does not read. */
  protected get heldBack(): boolean {
    return false
  }

  /**
   * Reports whether the TLS socket waits for a write that the socket below has already finished. Returns `false` while
   * the application stores the TLS session.
   */
  get #stuck(): boolean {
    const { stream, socket } = this
    if (stream === socket || Reflect.get(stream, '_newSessionPending') === true) return false
    return queued(stream) > 0 && queued(socket) === 0
  }

  /** Removes this connection from the list that its socket carries. */
  #unlink(): void {
    let head = carriedBy(this.socket)
    if (head === this) head = this.next
    for (let other = head; other !== undefined; other = other.next) if (other.next === this) other.next = this.next
    carry(this.socket, head)
    carry(this.stream, head)
  }

  /** The label of the connection in an explanation: the address of its client. */
  protected get origin(): string {
    return `from ${this.socket.remoteAddress ?? 'a unix socket'}`
  }
}

/**
 * Returns the number of bytes that the handle of a socket has queued. NaN if the runtime does not have this private
 * member.
 */
function queued(socket: Socket): number {
  return Number(Object(Reflect.get(socket, '_handle')).writeQueueSize)
}

/** Returns the connection that a site has on a socket or stream. */
export function connectionOn(carrier: Parameters<typeof carriedBy>[0], site: Site): Connection | undefined {
  let connection = carriedBy(carrier)
  while (connection !== undefined && connection.site !== site) connection = connection.next
  return connection
}
