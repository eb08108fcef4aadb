import { Socket } from 'node:net'
import { stopReading } from './reading.ts'

/** How many idle connections are kept at most. Those beyond are ended, as a server without us would. */
const MOST = 1000

/** Idle connections that processes gave back, until they speak again. */
export class Kept {
  readonly #sockets = new Set<Socket>()
  #ended = false
  readonly #spoke: (socket: Socket, listen: number, head: Buffer) => void

  readonly #most: number
  readonly #admit: (socket: Socket) => boolean

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

  /** Takes over a handle of Node's, which has no public name (20 to 26: a socket is made of it by an option of that name). */
  add(handle: object, listen: number): void {
    const socket: Socket =
      handle instanceof Socket
        ? handle
        : Reflect.construct(Socket, [{ handle, allowHalfOpen: true, readable: true, writable: true }])
    // One that was a socket has its room since it was accepted.
    if (this.#ended || this.#sockets.size >= this.#most || (socket !== handle && !this.#admit(socket))) {
      socket.destroySoon()
      return
    }
    this.#sockets.add(socket)
    const forget = (): void => {
      this.#sockets.delete(socket)
      socket.destroy()
    }
    // One that was a socket already has such a listener since it was accepted.
    if (socket !== handle) socket.on('error', () => {})
    socket.once('end', forget)
    socket.once('close', forget)
    socket.once('data', (head: Buffer) => {
      socket.off('end', forget)
      socket.off('close', forget)
      this.#sockets.delete(socket)
      // In this very turn, so that what follows is read by whoever gets it.
      stopReading(socket)
      this.#spoke(socket, listen, head)
    })
    // One that was piped is paused.
    socket.resume()
  }

  /** Ends them all, and those that are given back from now on: a process may be ending just when the supervisor does. */
  end(): void {
    this.#ended = true
    for (const socket of this.#sockets) socket.destroySoon()
  }
}
