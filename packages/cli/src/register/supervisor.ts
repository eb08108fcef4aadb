import { createServer, type Server, type Socket } from 'node:net'
import { type Held, type ToProcess, type ToSupervisor, tagged } from '../protocol/messages.ts'
import { ACCEPTED, readPreface } from '../protocol/preface.ts'
import { fromSupervisor } from '../protocol/received.ts'
import { PrivateChannel } from './channel.ts'
import { ControlConnection } from './control-connection.ts'
import { giveHandle, giveSocket, isFull } from './delivery.ts'
import { GivenBack } from './given-back.ts'
import { giveBackOnceIdle } from './keeping.ts'
import { closeCopy, localAddressOf, reset } from './local-address.ts'
import { markOwn } from './own-servers.ts'
import { Parking } from './parking.ts'
import { privatePath } from './private-path.ts'
import type { Takers } from './takers.ts'

/** Answers the supervisor's questions about this process. */
export interface Supervised {
  /** Called when a connection arrives while the process is about to end. Reports whether the process goes on. */
  goOn(): boolean
  /** Reports whether nothing has been active for a patience, and the end is not decided. */
  readonly isIdle: boolean
  readonly idleness: Omit<Extract<ToSupervisor, { type: 'idleness' }>, 'type'>
}

/**
 * The supervisor that started this process, as seen from here. A direct child gets sockets and messages over its IPC
 * channel. Another process gets connections on a private path, and sends messages on the supervisor's control socket.
 */
export class Supervisor {
  readonly held: Held
  #supervised: Supervised | undefined
  /** Called when the supervisor has ended. No process holds the port any more. */
  #orphaned = (): void => {}
  /** Sends a message. Set with the first message. */
  #send: ((message: ToSupervisor, handle?: object) => void) | undefined
  readonly #direct: boolean
  /** The IPC channel of a direct child. */
  #channel: PrivateChannel | undefined
  readonly #takers = new Map<number, Takers>()
  /** The addresses that a server serves, or served. */
  readonly #addresses = new WeakMap<Server, Set<number>>()
  /** The callbacks of {@link restore} that wait for a path. */
  readonly #restoring = new Map<number, () => void>()
  readonly #listeners = new Map<number, Server>()
  /** The connections that are piped to this process. */
  readonly parking: Parking = new Parking((message) => this.#tell(message))
  /** The connections that came from the supervisor. */
  readonly #delivered = new WeakSet<Socket>()
  /** The sockets on their way back. */
  readonly #givenBack: GivenBack = new GivenBack()
  #go: ((yes: boolean) => void) | undefined
  #hangUp = (): void => {}
  #left = false

  constructor(held: Held) {
    this.held = held
    this.#direct = process.ppid === held.supervisor && process.connected
    if (this.#direct) this.#openChannel()
  }

  /** Lets `supervised` answer the supervisor's questions. Calls `orphaned` when the supervisor has ended. */
  serve(supervised: Supervised, orphaned: () => void): void {
    this.#supervised = supervised
    this.#orphaned = orphaned
  }

  /**
   * Takes the connections of an address. Called for each server that does; `takers` chooses the server for each
   * connection.
   */
  claim(listen: number, takers: Takers, server: Server): void {
    this.#takers.set(listen, takers)
    this.#addresses.set(server, (this.#addresses.get(server) ?? new Set()).add(listen))
    const claim = { type: 'claim', listen, pid: process.pid, rank: takers.rank ?? 0 } as const
    if (this.#direct) {
      this.#tell(claim)
      return
    }
    const known = this.#listeners.get(listen)
    if (known !== undefined) {
      const path = known.address()
      if (typeof path === 'string') this.#tell({ ...claim, path })
      return
    }
    const path = privatePath()
    const listener = markOwn(
      createServer({ allowHalfOpen: true }, (socket) =>
        readPreface(socket, (id, kept) => this.#acceptPiped(socket, { id, listen, kept })),
      ),
    )
    this.#listeners.set(listen, listener)
    // The server itself keeps the process alive, and this listener does not.
    listener.listen({ path, exclusive: true }, () => this.#tell({ ...claim, rank: takers.rank ?? 0, path })).unref()
  }

  /** Takes no more connections of an address. */
  release(listen: number): void {
    if (!this.#takers.delete(listen)) return
    this.#listeners.get(listen)?.close()
    this.#listeners.delete(listen)
    this.#tell({ type: 'release', listen })
  }

  /** Asks the supervisor to restore a removed path. Resolves when the supervisor has tried, or has ended. */
  restore(listen: number): Promise<void> {
    if (this.#left) return Promise.resolve()
    // A server that is about to listen keeps the process alive, as it would by listening at once.
    const alive = setInterval(() => {}, 2 ** 30)
    return new Promise((resolve) => {
      this.#restoring.set(listen, () => {
        clearInterval(alive)
        resolve()
      })
      this.#tell({ type: 'restore', listen })
    })
  }

  /**
   * Asks whether the process may end. All processes of the command end together, also those that serve no held address.
   * Resolves when all connections that were passed on before have arrived.
   */
  mayGo(): Promise<boolean> {
    if (this.#left) return Promise.resolve(true)
    this.#tell({ type: 'quiet' })
    return new Promise((resolve) => {
      this.#go = resolve
    })
  }

  /** Notes that the process ends. New connections wait for the next process. */
  ending(): void {
    if (this.#send !== undefined) this.#tell({ type: 'ending' })
  }

  /** Reports whether connections arrive as sockets, which can be given back as such. */
  get isDirect(): boolean {
    return this.#direct
  }

  /**
   * Returns the index of an address that a server serves, or served. With `socket`, the index of the one at which the
   * socket arrived. Returns `undefined` for a connection that the server accepted on a port of its own.
   */
  listenOf(server: Server, socket?: Socket): number | undefined {
    const served = [...(this.#addresses.get(server) ?? [])]
    if (socket === undefined) return served[0]
    const fitting = served.filter((listen) => {
      const address = this.held.addresses[listen]
      if (address === undefined) return false
      return 'path' in address ? socket.localPort === undefined : socket.localPort === address.port
    })
    const { localAddress } = socket
    const exact = fitting.find((listen) => Reflect.get(this.held.addresses[listen] ?? {}, 'address') === localAddress)
    return exact ?? fitting[0]
  }

  /** Reports whether the connection came from the supervisor. A program may serve others on the same server. */
  delivered(socket: Socket): boolean {
    return this.#delivered.has(socket)
  }

  /**
   * Hands back an idle connection, which its server would close after `keepAlive` ms. The copy here is destroyed when
   * the supervisor has its own.
   */
  giveBack(listen: number, socket: Socket, handle: object, keepAlive: number): void {
    const key = this.#givenBack.add(socket)
    // Neither a socket that is not read nor an unsent message keeps the process alive.
    this.#channel?.ref()
    this.#tell({ type: 'kept', listen, key, keepAlive }, handle)
  }

  /**
   * Notes that everything is closed, and closes the connection to the supervisor, which would keep the process alive.
   */
  closed(): void {
    if (this.#left) return
    this.#left = true
    if (this.#send !== undefined) this.#tell({ type: 'closed' })
    this.#hangUp()
  }

  #tell(message: ToSupervisor, handle?: object): void {
    this.#send ??= this.#connect()
    this.#send(message, handle)
  }

  #openChannel(): void {
    const channel = new PrivateChannel(
      (message, handle) => this.#received(message, handle),
      () => this.#lost(),
    )
    this.#channel = channel
    this.#send = (message, handle) => channel.send(tagged(message), handle)
    // Closes after the last message has left.
    this.#hangUp = () => setImmediate(() => channel.close())
  }

  #connect(): (message: ToSupervisor) => void {
    const control = new ControlConnection(
      this.held.control,
      (message) => this.#received(message),
      () => this.#lost(),
    )
    this.#hangUp = () => control.close()
    return (message) => control.send(tagged(message))
  }

  #received(message: unknown, handle?: unknown): void {
    const ours = fromSupervisor(message)
    if (ours !== undefined) this.#receive(ours, typeof handle === 'object' && handle !== null ? handle : undefined)
  }

  #receive(message: ToProcess, handle?: object): void {
    switch (message.type) {
      case 'socket':
        this.#accept(message, handle)
        break
      case 'go':
        this.#go?.(true)
        break
      case 'look':
        this.#look(message.round)
        break
      case 'wanted':
        this.#go?.(false)
        if (this.#supervised?.goOn()) this.#tell({ type: 'resume' })
        break
      case 'taken':
        this.#givenBack.arrived(message.key)
        if (this.#givenBack.isEmpty) this.#channel?.unref()
        break
      case 'parked':
        this.parking.parked(message.id, message.bytes)
        break
      case 'restored':
        this.#restoring.get(message.listen)?.()
        this.#restoring.delete(message.listen)
        break
      case 'ask':
        if (this.#supervised !== undefined) this.#tell({ type: 'idleness', ...this.#supervised.idleness })
        break
    }
  }

  /** Answers whether the process is still idle. If it was used since it asked, it goes on and asks again later. */
  #look(round: number): void {
    if (this.#supervised?.isIdle === true) {
      this.#tell({ type: 'sure', round })
      return
    }
    this.#go?.(false)
    this.#tell({ type: 'resume' })
  }

  #accept({ id, listen, head, kept }: Extract<ToProcess, { type: 'socket' }>, handle: object | undefined): void {
    const takers = this.#takers.get(listen)
    if (takers === undefined || handle === undefined) {
      this.#tell({ type: 'refuse', id })
      if (handle !== undefined) closeCopy(handle)
      return
    }
    this.#tell({ type: 'ack', id })
    const server = takers.choose(localAddressOf(handle))
    const read = head === undefined ? undefined : Buffer.from(head, 'base64')
    if (server === undefined) reset(handle)
    else this.#give(server, kept, () => giveHandle(server, handle, { head: read, kept }))
  }

  #acceptPiped(socket: Socket, { id, listen, kept }: { id: number; listen: number; kept: boolean }): void {
    const takers = this.#takers.get(listen)
    if (takers === undefined) {
      socket.destroy()
      return
    }
    // A connection that is turned away is accepted first, so that the next process does not get it.
    socket.write(ACCEPTED)
    const server = takers.choose(socket.localAddress)
    if (server === undefined) {
      socket.destroySoon()
      return
    }
    this.parking.piped(socket, id)
    this.#give(server, kept, () => giveSocket(server, socket, { kept }))
  }

  #give(server: Server, kept: boolean | undefined, give: () => Socket | undefined): void {
    const beyond = kept === true && isFull(server)
    const socket = give()
    if (socket === undefined) return
    this.#delivered.add(socket)
    if (beyond) giveBackOnceIdle(server, socket, this)
  }

  #lost(): void {
    this.#go?.(true)
    for (const restored of this.#restoring.values()) restored()
    this.#restoring.clear()
    // The supervisor that would take them has ended.
    this.#givenBack.end()
    this.parking.end()
    if (this.#left) return
    this.#left = true
    this.#orphaned()
  }
}
