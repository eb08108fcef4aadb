import { Socket } from 'node:net'
import { readAgain, stopReading } from '../../socket-handle.ts'

/** The largest number of idle connections that are kept. Beyond that, the one that has been kept longest is ended. */
const MOST = 1000

/** The time (ms) for which a connection is kept if its server would have kept it forever. */
const LONGEST = 600_000

/** The longest delay (ms) of a timer. Node turns a longer one into 1 ms. */
const LONGEST_DELAY = 2 ** 31 - 1

/** Keeps idle connections that processes returned, until they send data or their server would have ended them. */
export class IdlePool {
  /** The order is that in which they were returned. */
  readonly #timers = new Map<Socket, NodeJS.Timeout>()
  readonly #most: number
  readonly #admit: (socket: Socket) => boolean
  #ended = false
  readonly #spoke: (socket: Socket, listen: number, head: Buffer) => void

  /** `admit` reports whether there is room for one more socket. */
  constructor(
    spoke: (socket: Socket, listen: number, head: Buffer) => void,
    most: number = MOST,
    admit: (socket: Socket) => boolean = () => true,
  ) {
    this.#spoke = spoke
    this.#most = most
    this.#admit = admit
  }

  /** The number of connections that are kept now. */
  get size(): number {
    return this.#timers.size
  }

  /**
   * Takes over a socket, or a handle of Node that has no public name. `Socket` takes such a handle as an option (Node
   * 20-26).
   *
   * Ends the connection after `keepAlive` ms without a byte, as its server would. 0 means that its server would not end
   * it.
   */
  add(handle: object, listen: number, keepAlive: number): void {
    const socket: Socket =
      handle instanceof Socket
        ? handle
        : Reflect.construct(Socket, [{ handle, allowHalfOpen: true, readable: true, writable: true }])
    // A socket that is passed in has had such a listener since it was accepted.
    if (socket !== handle) socket.on('error', () => {})
    // A socket that is passed in has been counted since it was accepted.
    if (this.#ended || (socket !== handle && !this.#admit(socket))) {
      this.#finish(socket)
      return
    }
    for (const oldest of this.#timers.keys()) {
      if (this.#timers.size < this.#most) break
      this.#finish(oldest)
    }
    const age = keepAlive > 0 ? Math.min(keepAlive, LONGEST_DELAY) : LONGEST
    // If the timer fires late, bytes that have arrived meanwhile are read in this turn, before the connection is ended.
    const due = (): void => void setImmediate(() => this.#timers.has(socket) && this.#finish(socket))
    this.#timers.set(socket, setTimeout(due, age).unref())
    const gone = (): void => {
      this.#forget(socket)
      socket.destroy()
    }
    socket.once('end', gone)
    socket.once('close', gone)
    socket.once('data', (chunk: Buffer) => {
      socket.off('end', gone)
      socket.off('close', gone)
      if (!this.#forget(socket)) return
      // Stops within the same turn, so that the process which gets the connection reads the rest.
      stopReading(socket)
      // More than one chunk of a piped connection may have been read.
      const rest: unknown = socket.read()
      this.#spoke(socket, listen, Buffer.isBuffer(rest) ? Buffer.concat([chunk, rest]) : chunk)
    })
    // A piped connection is paused, and its handle does not read.
    if (socket === handle) readAgain(socket)
    socket.resume()
  }

  /** Ends all connections, and each that is returned later: a process may end at the same time as the supervisor. */
  end(): void {
    this.#ended = true
    for (const socket of this.#timers.keys()) this.#finish(socket)
  }

  #finish(socket: Socket): void {
    this.#forget(socket)
    socket.destroySoon()
  }

  #forget(socket: Socket): boolean {
    clearTimeout(this.#timers.get(socket))
    return this.#timers.delete(socket)
  }
}
