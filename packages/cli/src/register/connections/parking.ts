import type { Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import type { ToSupervisor } from '../../protocol/messages.ts'
import { disableClose } from './disable-close.ts'
import { idleSockets } from './idle-sockets.ts'

/** The interval (ms) of the checks whether piped bytes have been read. */
const LOOK_AGAIN = 1

interface Parked {
  readonly id: number
  readonly server: HttpServer
  readonly socket: Socket
  readonly keepAlive: number
  /** Lets the process close the connection again. */
  readonly restore: () => void
  /** Called if the connection stays here. */
  readonly unparked: () => void
  /** The number of bytes that the supervisor has piped in all, once it has stopped. */
  bytes?: number
  /** True when `return-pipe` has been sent to the supervisor. */
  left: boolean
}

/**
 * The connections that the supervisor pipes to this process, and the way in which an idle one returns to the supervisor.
 *
 * `park` asks the supervisor to read nothing more of the client. The supervisor answers with the number of bytes that
 * it has piped in all. Once all are read, Node's parser shows whether a message has begun. If none has, the connection
 * is returned with `return-pipe`, and the supervisor closes this side of it. Otherwise it is `unparked`: the supervisor pipes again, and
 * this process answers the request.
 */
export class Parking {
  readonly #send: (message: ToSupervisor) => void
  /** The supervisor's numbers of the connections. */
  readonly #ids = new WeakMap<Socket, number>()
  readonly #parked = new Map<number, Parked>()
  #looking = false

  constructor(send: (message: ToSupervisor) => void) {
    this.#send = send
  }

  /** Notes the supervisor's number of a connection that is piped here. */
  piped(socket: Socket, id: number): void {
    this.#ids.set(socket, id)
  }

  /**
   * Parks an idle connection of `server`. Calls `unparked` if the connection stays here. Does nothing if it is not
   * piped here.
   */
  park(server: HttpServer, socket: Socket, keepAlive: number, unparked: () => void): void {
    const id = this.#ids.get(socket)
    if (id === undefined || this.#parked.has(id)) return
    const { bytesRead: read } = socket
    const restore = disableClose(socket, (error) => {
      // A drain closes an idle connection without an error. Any other close follows a request or an error, and must
      // take effect.
      if (error !== undefined || socket.bytesRead !== read) this.#unpark(parked)
    })
    const parked: Parked = { id, server, socket, keepAlive, restore, unparked, left: false }
    this.#parked.set(id, parked)
    // Added after Node's own listener, which ends connections that can still be answered and closes the rest.
    socket.once('end', () => (parked.left ? this.#close(parked) : this.#unpark(parked)))
    socket.once('close', () => this.#close(parked))
    this.#send({ type: 'park', id })
  }

  /** Notes that the supervisor has stopped piping, after `bytes` bytes in all. */
  parked(id: number, bytes: number): void {
    const parked = this.#parked.get(id)
    if (parked === undefined) return
    parked.bytes = bytes
    this.#lookLater(setImmediate)
  }

  /** Closes all parked connections, because the supervisor has ended. */
  end(): void {
    for (const parked of [...this.#parked.values()]) this.#close(parked)
  }

  #lookLater(later: (look: () => void) => unknown): void {
    if (this.#looking) return
    this.#looking = true
    later(() => {
      this.#looking = false
      this.#look()
    })
  }

  /** Checks all connections of a turn at once, so that a server's list is read once. */
  #look(): void {
    const idle = new Map<HttpServer, Set<Socket>>()
    let unread = false
    for (const parked of [...this.#parked.values()]) {
      const { server, socket, bytes, left } = parked
      if (bytes === undefined || left) continue
      const sockets = idle.get(server) ?? new Set(idleSockets(server))
      idle.set(server, sockets)
      if (!sockets.has(socket) || socket.isPaused()) this.#unpark(parked)
      else if (socket.bytesRead === bytes) this.#leave(parked)
      else unread = true
    }
    if (unread) this.#lookLater((look) => setTimeout(look, LOOK_AGAIN))
  }

  /**
   * Leaves the connection to the supervisor. Its socket stays open until the supervisor has closed its side: a
   * close here could cross that of the supervisor.
   */
  #leave(parked: Parked): void {
    parked.left = true
    const { id, socket, keepAlive } = parked
    // The answer is on another connection than this message, and may arrive after it.
    this.#send({ type: 'return-pipe', id, bytes: socket.bytesWritten, keepAlive })
  }

  #unpark(parked: Parked): void {
    if (!this.#parked.delete(parked.id)) return
    parked.restore()
    this.#send({ type: 'unpark', id: parked.id })
    parked.unparked()
  }

  #close(parked: Parked): void {
    if (!this.#parked.delete(parked.id)) return
    parked.restore()
    parked.socket.destroy()
  }
}
