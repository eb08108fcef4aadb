import { createServer, type Server, type Socket } from 'node:net'
import type { ToProcess } from '../../protocol/messages.ts'
import { ACCEPTED, readPreface } from '../../protocol/preface.ts'
import { closeCopy, localAddressOf, reset } from '../../socket-handle.ts'
import { injectHandle, injectSocket, isFull } from '../connections/inject-connection.ts'
import type { Parking } from '../connections/parking.ts'
import type { EndpointServers } from '../listen/endpoint-servers.ts'
import { markOwn } from '../listen/own-servers.ts'
import { privatePath } from '../listen/private-path.ts'
import type { SupervisorLink } from './supervisor-link.ts'

/** The parts of a {@link ConnectionIntake}. */
interface IntakeOptions {
  readonly link: SupervisorLink
  readonly parking: Parking
  /** Called with a connection that a full server serves because it was returned: it must be returned again. */
  beyondLimit(server: Server, socket: Socket): void
}

/**
 * Takes the connections that the supervisor passes to this process, and injects each into one of its servers. A direct
 * child gets sockets. Another process gets connections on a private path for each address.
 */
export class ConnectionIntake {
  readonly #options: IntakeOptions
  /** The servers of each address. */
  readonly #servers = new Map<number, EndpointServers>()
  /** The addresses that a server serves, or served. */
  readonly #addresses = new WeakMap<Server, Set<number>>()
  /** The listeners on private paths, by address. */
  readonly #listeners = new Map<number, Server>()
  /** The connections that came from the supervisor. */
  readonly #fromSupervisor = new WeakSet<Socket>()

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /**
   * Takes the connections of an address. Called for each server that does; `servers` chooses the server for each
   * connection.
   */
  claim(listen: number, servers: EndpointServers, server: Server): void {
    const { link } = this.#options
    this.#servers.set(listen, servers)
    this.#addresses.set(server, (this.#addresses.get(server) ?? new Set()).add(listen))
    const claim = { type: 'claim', listen, pid: process.pid, rank: servers.rank ?? 0 } as const
    if (link.isDirect) {
      link.send(claim)
      return
    }
    const known = this.#listeners.get(listen)
    if (known !== undefined) {
      const path = known.address()
      if (typeof path === 'string') link.send({ ...claim, path })
      return
    }
    const path = privatePath()
    const listener = markOwn(
      createServer({ allowHalfOpen: true }, (socket) =>
        readPreface(socket, (id, returned) => this.#acceptPiped(socket, { id, listen, returned })),
      ),
    )
    this.#listeners.set(listen, listener)
    // The server itself keeps the process alive, and this listener does not.
    listener.listen({ path, exclusive: true }, () => link.send({ ...claim, rank: servers.rank ?? 0, path })).unref()
  }

  /** Takes no more connections of an address. */
  release(listen: number): void {
    if (!this.#servers.delete(listen)) return
    this.#listeners.get(listen)?.close()
    this.#listeners.delete(listen)
    this.#options.link.send({ type: 'release', listen })
  }

  /** Returns the index of the first address that a server serves, or served. */
  listenOf(server: Server): number | undefined {
    const [first] = this.#addresses.get(server) ?? []
    return first
  }

  /** Reports whether the connection came from the supervisor. A program may serve others on the same server. */
  isFromSupervisor(socket: Socket): boolean {
    return this.#fromSupervisor.has(socket)
  }

  /** Takes a connection that was sent with a message. */
  accept({ id, listen, head, returned }: Extract<ToProcess, { type: 'socket' }>, handle: object | undefined): void {
    const { link } = this.#options
    const servers = this.#servers.get(listen)
    if (servers === undefined || handle === undefined) {
      link.send({ type: 'rejected', id })
      if (handle !== undefined) closeCopy(handle)
      return
    }
    link.send({ type: 'accepted', id })
    const server = servers.choose(localAddressOf(handle))
    const read = head === undefined ? undefined : Buffer.from(head, 'base64')
    if (server === undefined) reset(handle)
    else this.#inject(server, returned, () => injectHandle(server, handle, { head: read, returned }))
  }

  #acceptPiped(socket: Socket, { id, listen, returned }: { id: number; listen: number; returned: boolean }): void {
    const servers = this.#servers.get(listen)
    if (servers === undefined) {
      socket.destroy()
      return
    }
    // A connection that is turned away is accepted first, so that the next process does not get it.
    socket.write(ACCEPTED)
    const server = servers.choose(socket.localAddress)
    if (server === undefined) {
      socket.destroySoon()
      return
    }
    this.#options.parking.piped(socket, id)
    this.#inject(server, returned, () => injectSocket(server, socket, { returned }))
  }

  #inject(server: Server, returned: boolean | undefined, inject: () => Socket | undefined): void {
    const beyond = returned === true && isFull(server)
    const socket = inject()
    if (socket === undefined) return
    this.#fromSupervisor.add(socket)
    if (beyond) this.#options.beyondLimit(server, socket)
  }
}
