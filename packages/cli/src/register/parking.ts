import type { Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import type { ToSupervisor } from '../protocol/messages.ts'
import { idleSockets } from './idle-sockets.ts'
import { withhold } from './withheld.ts'

/** How long (ms) until it is looked again whether bytes that are on their way have been read. */
const LOOK_AGAIN = 1

interface Parked {
  readonly id: number
  readonly server: HttpServer
  readonly socket: Socket
  readonly keepAlive: number
  /** Lets the process close it again. */
  readonly restore: () => void
  /** Called when it is not left. */
  readonly unparked: () => void
  /** How many bytes the supervisor has piped in all, once it has stopped. */
  bytes?: number
  /** Whether the supervisor has been told that it is left. */
  left: boolean
}

/**
 * The connections that the supervisor pipes to this process, and how an idle one is left to it.
 *
 * `park` asks the supervisor to read nothing more of the client. It answers how many bytes it has piped in all. Once all are
 * read, Node's parser shows whether a message has begun. If none has, the connection is `left`, and the supervisor closes this
 * side of it. Else it is `unparked`: the supervisor pipes on, and the request is answered here.
 */
export class Parking {
  readonly #tell: (message: ToSupervisor) => void
  /** The supervisor's numbers of the connections. */
  readonly #ids = new WeakMap<Socket, number>()
  readonly #parked = new Map<number, Parked>()
  #looking = false

  constructor(tell: (message: ToSupervisor) => void) {
    this.#tell = tell
  }

  /** Remembers the supervisor's number of a connection that is piped here. */
  piped(socket: Socket, id: number): void {
    this.#ids.set(socket, id)
  }

  /** Parks an idle connection of `server`; `unparked` is called when it is not left. Does nothing with one that is not piped here. */
  park(server: HttpServer, socket: Socket, keepAlive: number, unparked: () => void): void {
    const id = this.#ids.get(socket)
    if (id === undefined || this.#parked.has(id)) return
    const { bytesRead: read } = socket
    const restore = withhold(socket, (error) => {
      // A drain closes it as idle. All else knows of a request or of an error, and closes it for that.
      if (error !== undefined || socket.bytesRead !== read) this.#unpark(parked)
    })
    const parked: Parked = { id, server, socket, keepAlive, restore, unparked, left: false }
    this.#parked.set(id, parked)
    // After Node's own listener, which ends what can still be answered, and closes the rest.
    socket.once('end', () => (parked.left ? this.#close(parked) : this.#unpark(parked)))
    socket.once('close', () => this.#close(parked))
    this.#tell({ type: 'park', id })
  }

  /** The supervisor has stopped piping, after so many bytes. */
  parked(id: number, bytes: number): void {
    const parked = this.#parked.get(id)
    if (parked === undefined) return
    parked.bytes = bytes
    this.#lookLater(setImmediate)
  }

  /** Closes all that is parked: the supervisor has ended. */
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

  /** All of a turn at once: a server's list is asked for once. */
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

  /** Stays withheld until the supervisor has closed its side: closed here first, the two could cross. */
  #leave(parked: Parked): void {
    parked.left = true
    const { id, socket, keepAlive } = parked
    // An answer travels by another way than this message, and may be behind it.
    this.#tell({ type: 'left', id, bytes: socket.bytesWritten, keepAlive })
  }

  #unpark(parked: Parked): void {
    if (!this.#parked.delete(parked.id)) return
    parked.restore()
    this.#tell({ type: 'unpark', id: parked.id })
    parked.unparked()
  }

  #close(parked: Parked): void {
    if (!this.#parked.delete(parked.id)) return
    parked.restore()
    parked.socket.destroy()
  }
}
