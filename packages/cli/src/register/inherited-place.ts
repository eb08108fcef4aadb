import { type AddressInfo, createServer, type Server } from 'node:net'
import { giveHandle } from './delivery.ts'
import { localAddressOf, reset } from './local-address.ts'
import { say } from './log.ts'
import { markOwn } from './own-servers.ts'
import type { Place } from './place.ts'
import { boundAddress } from './socket-address.ts'
import { Takers } from './takers.ts'

/** The time (ms) that a client waits at a socket without a server before a line says so. */
const UNTAKEN = 5000
/** The time (ms) for which a socket stays open after its last server has closed, in case a server listens again. */
const AGAIN = 1000

/** Events of a place, and a question about it. */
interface Told {
  /** A server of the program takes the place. */
  taken(): void
  /** Reports whether a server closes because the process ends. */
  isEnd(server: Server): boolean
}

/**
 * A socket that another process opened. It is opened here when a server takes it, or if the system does not list its
 * address. Connections that arrive before a server takes it wait for that server.
 */
export class InheritedPlace implements Place {
  readonly fd: number
  readonly name: string
  readonly takers: Takers = new Takers()
  /** The address to which it is bound, if the system lists it. */
  readonly known: AddressInfo | string | undefined
  readonly #told: Told
  #holder: Server | undefined
  #waiting: object[] = []
  #reminder: NodeJS.Timeout | undefined
  #closing: NodeJS.Timeout | undefined
  #gone = false

  constructor(fd: number, name: string, told: Told) {
    this.fd = fd
    this.name = name
    this.known = boundAddress(fd)
    this.#told = told
  }

  get address(): AddressInfo | string {
    return this.known ?? this.hold().address() ?? ''
  }

  /** Reports whether it is open here. */
  get isOpen(): boolean {
    return this.#holder !== undefined
  }

  /** Reports whether it was closed here for good. */
  get isGone(): boolean {
    return this.#gone
  }

  open(): void {
    clearTimeout(this.#closing)
    this.hold()
    const waiting = this.#waiting
    this.#waiting = []
    for (const connection of waiting) this.#accept(connection)
    this.#told.taken()
  }

  /**
   * Closes the socket after {@link AGAIN} ms, unless a server listens again. Connections that arrive by then wait for
   * that server. Later ones wait in the kernel for the next process.
   */
  close(server: Server): void {
    if (this.#told.isEnd(server)) {
      this.letGo()
      return
    }
    server.once('close', () => {
      clearTimeout(this.#closing)
      this.#closing = setTimeout(() => this.letGo(), AGAIN).unref()
    })
  }

  /** Closes the socket, unless a server is left. Later connections wait in the kernel for the next process. */
  letGo(): void {
    if (this.takers.wanted || this.#holder === undefined) return
    this.#gone = true
    this.#holder.close()
    this.#holder = undefined
  }

  isServed(): boolean {
    return this.takers.rank !== undefined
  }

  /** Opens the socket, if it is not open yet. */
  hold(): Server {
    if (this.#holder !== undefined) return this.#holder
    // The server that takes the socket keeps the process alive, so this one does not.
    const holder = markOwn(
      createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => this.#accept(socket)),
    )
    this.#holder = holder
    holder.listen({ fd: this.fd }).unref()
    const handle: unknown = Reflect.get(holder, '_handle')
    // The server that takes a connection makes a socket of its handle: see giveHandle.
    if (typeof Reflect.get(Object(handle), 'onconnection') === 'function') {
      Reflect.set(Object(handle), 'onconnection', (failed: number, connection: object | undefined) => {
        if (failed === 0 && connection !== undefined) this.#accept(connection)
      })
    }
    return holder
  }

  #accept(connection: object): void {
    if (this.takers.rank !== undefined) {
      const server = this.takers.choose(localAddressOf(connection))
      if (server === undefined) reset(connection)
      else giveHandle(server, connection)
      return
    }
    this.#waiting.push(connection)
    this.#reminder ??= setTimeout(() => this.#remind(), UNTAKEN).unref()
  }

  #remind(): void {
    if (this.#waiting.length === 0) return
    const { address, name } = this
    const at = typeof address === 'string' ? address : `port ${address.port}`
    say(
      `nobody listens on the inherited socket '${name}' (${at}): who comes there waits. Listen on it, or take it out of the unit`,
    )
  }
}
