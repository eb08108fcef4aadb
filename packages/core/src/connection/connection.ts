import type { Socket } from 'node:net'
import { after } from '../clock.ts'
import type { Countdown } from '../countdown.ts'
import type { Reason } from '../explanation.ts'
import { afterTwoTurns } from '../last-look.ts'
import type { ShutdownSettings } from '../options.ts'
import { bytesMoved, bytesRead } from './bytes.ts'
import { carriedBy, carry } from './carrier.ts'
import type { Arriving } from './parser.ts'

/** Where a connection belongs: what it counts on, and whom it tells. */
export interface Site {
  readonly countdown: Countdown
  readonly settings: ShutdownSettings
  readonly drain: Draining
  readonly connections: Set<Connection>
}

/** What a connection knows of the end. */
interface Draining {
  /** Whether the end has been decided: nothing new is expected, and what is done is closed. */
  readonly begun: boolean
  /** Whether the listener is down, too. */
  readonly finishing: boolean
  /** Whether upgraded sockets end with the drain, whatever they count. */
  readonly endsUpgrades: boolean
  /** How many requests were answered to the end since. */
  drained: number
  /** Something has ended: is anything left? */
  check(): void
  /** Calls their `finishSilent` in a second. */
  endIfSilent(connections: readonly Connection[]): void
}

/** How much had been written to those that were stuck when last looked at. */
const stuckAt = new WeakMap<Connection, number>()

/** One socket: what is in progress on it, and how it ends. */
export abstract class Connection {
  readonly site: Site
  /** The accepted socket, below TLS. */
  readonly socket: Socket
  /** What is read from and written to: the TLS socket where there is one, once its handshake is done. */
  stream: Socket
  /** The connection on the same socket of another watch. */
  next: Connection | undefined
  /** Whether the connection itself is counted, as no request has come yet. */
  bare: boolean
  /** Whether a TLS handshake is under way. */
  securing: boolean
  /** How many bytes had been read when last marked. */
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

  /** The bytes that arrived, where they would be a request. */
  abstract get arrived(): number

  /** Whether bytes arrived since the mark that are no request yet. */
  abstract headBegun(arriving: Arriving): boolean

  /** Whether the client has not begun to ask for anything. */
  abstract get silent(): boolean

  /** Tells the client that no more requests are expected, where the protocol can. */
  abstract announce(): void

  /** Ends as soon as nothing is in progress. Called once, when nothing more can be queued before the listener. */
  abstract finish(): void

  /** Two turns later: ends if nothing is in progress, and nothing is `arriving`. */
  finishQuiet(_arriving: Arriving): void {}

  /** Whether it closes in stages now, in place of Node. */
  closeInStages(): boolean {
    return false
  }

  /** Whether what is in progress can go on only when the client says something. */
  get waiting(): boolean {
    return this.bare
  }

  /** How many bytes have been read and written. */
  get moved(): number {
    return bytesMoved(this.socket, this.stream)
  }

  /** The client has said nothing for too long: what waits for it counts no longer. */
  letGo(): void {
    if (this.bare) this.unbare()
  }

  /** What was let go of counts again if its client has spoken. Reports whether that is an activity. */
  countAgain(): boolean {
    return false
  }

  /** The client has said nothing for too long, in a drain: ends what waits for it. */
  giveUp(): void {
    this.destroy()
  }

  /** Adds what is in progress to an explanation. */
  explain(reasons: Reason[]): void {
    if (this.bare) reasons.push({ kind: 'connection', label: this.origin, ignored: false })
  }

  /** Lets go of what is in progress. */
  protected abstract release(): void

  /**
   * Whether bytes moved since this was last asked, on an upgraded socket that counts by its traffic. What was let go of, and
   * whose client has spoken since, counts again.
   */
  trafficMoved(): boolean {
    return this.countAgain()
  }

  /** How many bytes have been read. */
  get read(): number {
    return bytesRead(this.socket, this.stream)
  }

  /** Remembers how far the socket has been read. */
  mark(): void {
    this.marked = this.read
  }

  /** The socket was open before the server was watched. */
  takenOver(): void {
    this.mark()
  }

  /** The TLS handshake is done: `stream` is what the protocol is spoken on. */
  secured(stream: Socket): void {
    this.securing = false
    this.stream = stream
    carry(stream, carriedBy(this.socket))
    this.mark()
  }

  /** The socket has closed, or is watched no longer: nothing is counted any more. */
  leave(): void {
    if (!this.site.connections.has(this)) return
    this.forget()
    if (this.bare) this.unbare()
    this.release()
    this.site.drain.check()
  }

  /** Is known no longer. What it counted goes on counting. */
  forget(): void {
    this.site.connections.delete(this)
    this.#unlink()
    this.forgetSilence()
  }

  /** Destroys the socket, whatever is in progress. */
  destroy(): void {
    this.socket.destroy()
  }

  /**
   * Destroys what is closed and Node waits for all the same: now and then, as no event tells.
   *
   * Where the client of a TLS connection resets it while Node has nothing of the application to write (the session tickets at the
   * end of a handshake), that failure is told to nobody, and whatever is written later waits for ever (20 to 26).
   */
  destroyClosed(): void {
    if (!this.#stuck) return
    // What is being written just now is with the machine by then, however fast a test lets time pass.
    afterTwoTurns(() => {
      const { bytesWritten } = this.socket
      if (!this.#stuck) return
      if (stuckAt.get(this) === bytesWritten) this.socket.destroy()
      else stuckAt.set(this, bytesWritten)
    })
  }

  /** The bare connection ends to be counted, and was an activity. */
  unbare(): void {
    this.bare = false
    this.site.countdown.end()
  }

  /** A request or stream has ended. */
  protected ended(ignored: boolean): void {
    if (ignored) this.site.countdown.endSoft()
    else this.site.countdown.end()
  }

  /** Where Node itself sets no bound to a connection on which nobody says anything: it counts no longer than this. */
  protected boundSilence(): void {
    if (!this.bare) return
    const { countdown } = this.site
    this.#forgetSilence = after(countdown.clock, countdown.mostSilence, () => {
      if (this.bare) this.unbare()
    })
  }

  /** Somebody said something. */
  protected forgetSilence(): void {
    this.#forgetSilence?.()
    this.#forgetSilence = undefined
  }

  /** Sends what was written, then FIN. */
  protected end(): void {
    const { stream } = this
    if (this.securing) this.socket.destroy()
    else if (typeof stream.destroySoon === 'function') stream.destroySoon()
    // Any other Duplex.
    else stream.end(() => stream.destroy())
  }

  /** A second after `read` bytes had come: ends if the client says nothing, and is asked again later if it does. */
  finishSilent(read: number): void {
    if (!this.silent) return
    if (this.read === read && !this.heldBack) this.end()
    else this.site.drain.endIfSilent([this])
  }

  /** Whether it is the server that does not read, and not the client that says nothing. */
  protected get heldBack(): boolean {
    return false
  }

  /** Whether TLS waits for the machine, which has nothing left to do, and not for the application to store a session. */
  get #stuck(): boolean {
    const { stream, socket } = this
    if (stream === socket || Reflect.get(stream, '_newSessionPending') === true) return false
    return queued(stream) > 0 && queued(socket) === 0
  }

  /** Takes itself out of the list that its socket carries. */
  #unlink(): void {
    let head = carriedBy(this.socket)
    if (head === this) head = this.next
    for (let other = head; other !== undefined; other = other.next) if (other.next === this) other.next = this.next
    carry(this.socket, head)
    carry(this.stream, head)
  }

  /** Reasons name connections by where they come from. */
  protected get origin(): string {
    return `from ${this.socket.remoteAddress ?? 'a unix socket'}`
  }
}

/** How many bytes a socket has handed on that were not taken. Node keeps that to itself; elsewhere it is NaN. */
function queued(socket: Socket): number {
  return Number(Object(Reflect.get(socket, '_handle')).writeQueueSize)
}

/** The connection of this site on a socket or stream. */
export function connectionOn(carrier: Parameters<typeof carriedBy>[0], site: Site): Connection | undefined {
  let connection = carriedBy(carrier)
  while (connection !== undefined && connection.site !== site) connection = connection.next
  return connection
}
