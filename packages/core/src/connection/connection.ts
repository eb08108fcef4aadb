import type { Socket } from 'node:net'
import type { ShutdownSettings } from '../options.ts'
import type { Countdown } from '../tracker/countdown.ts'
import type { Reason } from '../tracker/explanation.ts'
import { bytesMoved, bytesRead } from './bytes.ts'
import type { ConnectionState } from './connection-state.ts'
import type { Arriving } from './node-internals.ts'
import { destroyIfStuck } from './stuck-socket.ts'

/** A watched server, as its connections see it: the countdown that they count on, and the drain that they report to. */
export interface ConnectionContext {
  readonly countdown: Countdown
  readonly settings: ShutdownSettings
  readonly drain: DrainState
  readonly connections: Set<Connection>
}

/** The part of a drain that connections and their servers use. */
export interface DrainState {
  /**
   * Reports whether the end has been decided. From then on, connections announce their end and close when they are
   * done.
   */
  readonly begun: boolean
  /** Reports whether the listeners are closed and the signal has aborted. Connections then end as soon as they can. */
  readonly finishing: boolean
  /** Reports whether upgraded sockets end with the drain, even if they count as activity. */
  readonly endsUpgrades: boolean
  /** Records that a request or stream was answered to the end since the decision. */
  answered(): void
  /** Ends a connection that was accepted after the decision: as soon as it is idle, or at once if grace has ended. */
  accepted(connection: Connection): void
  /** Resolves the drain if nothing is left. Called when something has ended. */
  check(): void
  /** Ends what does not count on the connections, and destroys what is left of it after a second. */
  endUncounted(connections: readonly Connection[]): void
  /** Calls `endIfStillSilent` of those connections of which `endsIfSilent` is true, after a second. */
  endIfSilent(connections: readonly Connection[]): void
}

const kConnection: unique symbol = Symbol('idle-shutdown.connection')

/**
 * A socket or HTTP/2 stream with a linked list of its connections, one for each watch that saw it.
 *
 * A property lookup costs 5 ns, a WeakMap lookup 12 ns.
 */
export interface Attachable {
  readonly destroyed: boolean
  [kConnection]?: Connection | undefined
}

/**
 * Returns the first connection on a socket or stream. The others follow by `next`.
 *
 * Use on paths that run per request or per connection: {@link connectionsOn} allocates an iterator.
 */
export function firstConnectionOn(socket: Attachable): Connection | undefined {
  return socket[kConnection]
}

/** Returns all connections on a socket or stream. One that is detached meanwhile is still followed by the others. */
export function* connectionsOn(socket: Attachable): Iterable<Connection> {
  for (let each = socket[kConnection]; each !== undefined; each = each.next) yield each
}

/** Returns the connection that a server has on a socket or stream. */
export function connectionOn(socket: Attachable, context: ConnectionContext): Connection | undefined {
  for (const connection of connectionsOn(socket)) if (connection.context === context) return connection
  return undefined
}

/** Makes `first` and those that follow it the connections on a socket or stream. */
export function attach(socket: Attachable, first: Connection | undefined): void {
  socket[kConnection] = first
}

/** Removes a connection from the list on its socket. Runs per connection, so without an iterator. */
function detach(connection: Connection): void {
  const { socket, transport, next } = connection
  const first = firstConnectionOn(socket)
  if (first === connection) {
    attach(socket, next)
    if (transport !== socket) attach(transport, next)
  }
  for (let each = first; each !== undefined; each = each.next) if (each.next === connection) each.next = next
}

/** One socket, as one watch sees it: the requests in progress on it, and the way in which it ends. */
export abstract class Connection {
  readonly context: ConnectionContext
  /** The accepted socket, below TLS. */
  readonly socket: Socket
  /** The stream that the protocol is read from and written to: the TLS socket after a handshake, else the socket. */
  transport: Socket
  /** The connection that another watch has on the same socket. */
  next: Connection | undefined
  /** Only {@link Connection.enter} changes the state. */
  state: ConnectionState
  /** `true` while the connection itself counts as an activity, apart from its requests. */
  counts: boolean
  /** The number of bytes that had been read at the last `recordBytes()`. */
  protected recordedBytes = 0
  #forgetSilence: (() => void) | undefined

  /** Starts to count the connection itself if it `counts`. */
  constructor(context: ConnectionContext, socket: Socket, state: ConnectionState, counts: boolean) {
    this.context = context
    this.socket = socket
    this.transport = socket
    this.state = state
    this.counts = counts
    this.next = firstConnectionOn(socket)
    attach(socket, this)
    context.connections.add(this)
    if (counts) context.countdown.start('active')
  }

  /**
   * Changes the state. Stops counting the connection itself, unless the state entered is `new`. Reports whether the
   * connection counted.
   *
   * `finish` renews the deadline if nothing else is active. `cancel` leaves the old deadline, and takes the activity
   * back. `pass` leaves the count to the caller, such as to the first request.
   *
   * Entering the same state again changes nothing. Tests check each change against `CONNECTION_STATES`.
   */
  protected enter(state: ConnectionState, count: 'finish' | 'cancel' | 'pass' = 'finish'): boolean {
    // Lingering is left only for closed: a request may still arrive while the rest of a body is read.
    if (this.state !== 'lingering' || state === 'closed') this.state = state
    return this.counts && state !== 'new' && this.#stopCounting(count)
  }

  #stopCounting(count: 'finish' | 'cancel' | 'pass'): boolean {
    if (!this.counts) return false
    this.counts = false
    if (count !== 'pass') this.context.countdown[count]('active')
    return true
  }

  /** The number of bytes that have arrived, if bytes on this connection can be a request; else 0. For the last look. */
  abstract get requestBytes(): number

  /** Reports whether bytes have arrived since `recordBytes()` that are not a complete request head yet. */
  abstract hasPartialHead(arriving: Arriving): boolean

  /** Reports whether a drain ends the connection if its client is silent for a second. No answer is owed to it. */
  abstract get endsIfSilent(): boolean

  /** Announces the end of the connection to the client, if the protocol has a way to do so. */
  abstract announce(): void

  /** Begins the end: makes an HTTP/2 session end with its last stream. Called when the listener has closed. */
  abstract beginEnd(): void

  /** Ends the connection if nothing is in progress or `arriving`. Called two turns after `beginEnd()`. */
  endIfQuiet(_arriving: Arriving): void {}

  /** Closes the connection in stages. `destroySoon()` of the transport calls it, and closes at once on `false`. */
  closeInStages(): boolean {
    return false
  }

  /** Reports whether the connection, or a request or stream in progress, waits for bytes of the client. */
  get waitsForClient(): boolean {
    return this.counts
  }

  /** The number of bytes that have been read and written. */
  get bytesMoved(): number {
    return bytesMoved(this.socket, this.transport)
  }

  /** The number of bytes that have been read. */
  get bytesRead(): number {
    return bytesRead(this.socket, this.transport)
  }

  /** Remembers how many bytes have been read. */
  recordBytes(): void {
    this.recordedBytes = this.bytesRead
  }

  /** Stops counting what waits for the client. Called when the client has been silent for too long. */
  suspendCounting(): void {
    this.#stopCounting('finish')
  }

  /**
   * Counts again what `suspendCounting()` stopped counting, if the client has sent data since. Reports whether that is
   * an activity.
   */
  resumeCounting(): boolean {
    return false
  }

  /** Ends what waits for the client. Called in a drain, when the client has been silent for too long. */
  abortWaiting(): void {
    this.destroy()
  }

  /** Adds what is in progress to an explanation: to the reasons, or to what does not count. */
  explain(reasons: Reason[], _uncounted: Reason[]): void {
    if (this.counts) reasons.push(this.reason)
  }

  /** Stops counting all requests and streams in progress. */
  protected abstract releaseCounts(): void

  /**
   * Reports whether there has been traffic since the last call, on an upgraded socket that counts by its traffic. Also
   * counts again what `suspendCounting()` stopped counting, if its client has sent data since. Called at the deadline.
   */
  trafficMoved(): boolean {
    return this.resumeCounting()
  }

  /** Records that the TLS handshake is done. From now on the protocol is spoken on `transport`. */
  onSecure(transport: Socket): void {
    this.transport = transport
    attach(transport, firstConnectionOn(this.socket))
    this.recordBytes()
    if (this.state === 'handshaking') this.enter('new')
  }

  /**
   * Stops counting everything on this connection. Called when its socket has closed, or when its server is no longer
   * watched.
   */
  untrack(): void {
    if (this.state === 'closed') return
    this.releaseCounts()
    this.remove('finish')
    this.context.drain.check()
  }

  /** Removes the connection from its server and socket. Does not change the counts of its requests. */
  remove(count: 'finish' | 'cancel'): void {
    this.context.connections.delete(this)
    detach(this)
    this.forgetSilence()
    this.enter('closed', count)
  }

  /** Destroys the socket, even if requests are in progress. */
  destroy(): void {
    this.socket.destroy()
  }

  /** Destroys sockets, streams and sessions that are finished but that Node leaves open. */
  destroyIfStuck(): void {
    destroyIfStuck(this.socket, this.transport)
  }

  /** Stops counting the connection itself after the silence limit. For states in which Node has no timeout. */
  protected limitSilence(): void {
    const { countdown } = this.context
    if (this.counts) this.#forgetSilence = countdown.after(countdown.silenceLimit, () => this.#stopCounting('finish'))
  }

  /** Cancels the silence limit. Called when the client has sent data. */
  protected forgetSilence(): void {
    this.#forgetSilence?.()
    this.#forgetSilence = undefined
  }

  /** Sends everything that was written, then FIN. */
  protected end(): void {
    const { transport } = this
    if (this.state === 'handshaking') this.socket.destroy()
    else if (typeof transport.destroySoon === 'function') transport.destroySoon()
    // Not a socket, but another Duplex.
    else transport.end(() => transport.destroy())
  }

  /**
   * Ends the connection if no bytes beyond `read` have been read, unless the server itself has stopped reading.
   * Otherwise makes the drain check again after a second. Does nothing if a request has begun to arrive.
   */
  endIfStillSilent(read: number): void {
    if (!this.endsIfSilent) return
    if (this.bytesRead === read && !this.isHeldBack) this.end()
    else this.context.drain.endIfSilent([this])
  }

  /** Reports whether bytes of the client wait because the server does not read. */
  protected get isHeldBack(): boolean {
    return false
  }

  /** The reason of the connection itself. */
  protected get reason(): Reason {
    return { kind: 'connection', label: this.origin, ignored: false, state: this.state }
  }

  /** The label of the connection in an explanation: the address of its client. */
  protected get origin(): string {
    return `from ${this.socket.remoteAddress ?? 'a unix socket'}`
  }
}
