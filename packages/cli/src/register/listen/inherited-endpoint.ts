import { type AddressInfo, createServer, type Server } from 'node:net'
import { localAddressOf, reset } from '../../socket-handle.ts'
import { injectHandle } from '../connections/inject-connection.ts'
import { say } from '../process/log.ts'
import type { Endpoint } from './endpoint.ts'
import { EndpointServers } from './endpoint-servers.ts'
import { markOwn } from './own-servers.ts'
import { boundAddress } from './socket-address.ts'

/** The time (ms) that a client waits at a socket without a server before a line says so. */
const UNTAKEN = 5000
/** The time (ms) for which a socket stays open after its last server has closed, in case a server listens again. */
const AGAIN = 1000

/** Events of an endpoint, and a question about it. */
interface EndpointEvents {
  /** A server of the program takes the endpoint. */
  taken(): void
  /** Reports whether a server closes because the process ends. */
  isEnd(server: Server): boolean
}

/**
 * A socket that another process opened. It is opened here when a server takes it, or if the system does not list its
 * address. Connections that arrive before a server takes it wait for that server.
 */
export class InheritedEndpoint implements Endpoint {
  readonly fd: number
  readonly name: string
  readonly servers: EndpointServers = new EndpointServers()
  /** The address to which it is bound, if the system lists it. */
  readonly known: AddressInfo | string | undefined
  readonly #events: EndpointEvents
  #holder: Server | undefined
  #waiting: object[] = []
  #reminder: NodeJS.Timeout | undefined
  #closing: NodeJS.Timeout | undefined
  #gone = false

  constructor(fd: number, name: string, events: EndpointEvents) {
    this.fd = fd
    this.name = name
    this.known = boundAddress(fd)
    this.#events = events
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
    this.#events.taken()
  }

  /**
   * Closes the socket after {@link AGAIN} ms, unless a server listens again. Connections that arrive by then wait for
   * that server. Later ones wait in the kernel for the next process.
   */
  close(server: Server): void {
    if (this.#events.isEnd(server)) {
      this.closeUnlessServed()
      return
    }
    server.once('close', () => {
      clearTimeout(this.#closing)
      this.#closing = setTimeout(() => this.closeUnlessServed(), AGAIN).unref()
    })
  }

  /** Closes the socket, unless a server is left. Later connections wait in the kernel for the next process. */
  closeUnlessServed(): void {
    if (this.servers.wanted || this.#holder === undefined) return
    this.#gone = true
    this.#holder.close()
    this.#holder = undefined
  }

  isServed(): boolean {
    return this.servers.rank !== undefined
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
    // The server that takes a connection makes a socket of its handle: see injectHandle.
    if (typeof Reflect.get(Object(handle), 'onconnection') === 'function') {
      Reflect.set(Object(handle), 'onconnection', (failed: number, connection: object | undefined) => {
        if (failed === 0 && connection !== undefined) this.#accept(connection)
      })
    }
    return holder
  }

  #accept(connection: object): void {
    if (this.servers.rank !== undefined) {
      const server = this.servers.choose(localAddressOf(connection))
      if (server === undefined) reset(connection)
      else injectHandle(server, connection)
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
      `no server listens on the inherited socket '${name}' (${at}), and a client waits there. Listen on it, or remove it from the unit`,
    )
  }
}
