import { Socket } from 'node:net'
import { readAgain, stopReading } from './reading.ts'

/** How many idle connections are kept at most. Beyond that, the one that has been kept longest is ended. */
const MOST = 1000

/** How long (ms) one is kept whose server would have kept it forever. */
const LONGEST = 600_000

/** The longest delay (ms) of a timer: Node makes 1 of a longer one. */
const LONGEST_DELAY = 2 ** 31 - 1

/** Idle connections that processes gave back, until they speak again, or until the server that gave one back would have ended it. */
export class Kept {
  /** In the order in which they were given back. */
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

  /** How many are kept now. */
  get size(): number {
    return this.#timers.size
  }

  /**
   * Takes over a handle of Node's, which has no public name (20 to 26: a socket is made of it by an option of that name), or a
   * socket. After `keepAlive` ms without a byte it is ended, as its server would; 0 means that its server would not.
   */
  add(handle: object, listen: number, keepAlive: number): void {
    const socket: Socket =
      handle instanceof Socket
        ? handle
        : Reflect.construct(Socket, [{ handle, allowHalfOpen: true, readable: true, writable: true }])
    // One that was a socket already has such a listener since it was accepted.
    if (socket !== handle) socket.on('error', () => {})
    // One that was a socket has its room since it was accepted.
    if (this.#ended || (socket !== handle && !this.#admit(socket))) {
      this.#finish(socket)
      return
    }
    for (const oldest of this.#timers.keys()) {
      if (this.#timers.size < this.#most) break
      this.#finish(oldest)
    }
    const age = keepAlive > 0 ? Math.min(keepAlive, LONGEST_DELAY) : LONGEST
    // A turn later: in one that comes late, what has reached the machine meanwhile is still to be read.
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
      // In this very turn, so that what follows is read by the process that gets it.
      stopReading(socket)
      // Of one that was piped, more may have been read than one piece.
      const rest: unknown = socket.read()
      this.#spoke(socket, listen, Buffer.isBuffer(rest) ? Buffer.concat([chunk, rest]) : chunk)
    })
    // One that was piped is paused, and its handle does not read.
    if (socket === handle) readAgain(socket)
    socket.resume()
  }

  /** Ends them all, and those that are given back from now on: a process may be ending just when the supervisor does. */
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
