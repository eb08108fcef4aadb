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

/** What a process is asked by its supervisor. */
export interface Supervised {
  /** Somebody came while it was about to end. Gives whether it goes on. */
  goOn(): boolean
  /** Whether nothing has been active for a patience, and the end is not decided. */
  readonly isIdle: boolean
  readonly idleness: Omit<Extract<ToSupervisor, { type: 'idleness' }>, 'type'>
}

/**
 * The supervisor that started this process, as seen from here. A direct child gets sockets over its IPC channel; another process
 * gets connections on a private path, and says what it has to say on the supervisor's own.
 */
export class Supervisor {
  readonly held: Held
  #supervised: Supervised | undefined
  /** The supervisor has ended: nobody holds the port any more. */
  #orphaned = (): void => {}
  /** What sends, once somebody has something to say. */
  #send: ((message: ToSupervisor, handle?: object) => void) | undefined
  readonly #direct: boolean
  /** The IPC channel, of a direct child. */
  #channel: PrivateChannel | undefined
  readonly #takers = new Map<number, Takers>()
  /** Which addresses a server serves, or served. */
  readonly #addresses = new WeakMap<Server, Set<number>>()
  /** What waits until a path is there again. */
  readonly #restoring = new Map<number, () => void>()
  readonly #listeners = new Map<number, Server>()
  /** The connections that are piped here. */
  readonly parking: Parking = new Parking((message) => this.#tell(message))
  /** The connections that came from the supervisor. */
  readonly #delivered = new WeakSet<Socket>()
  /** Sockets on their way back. */
  readonly #givenBack: GivenBack = new GivenBack()
  #go: ((yes: boolean) => void) | undefined
  #hangUp = (): void => {}
  #left = false

  constructor(held: Held) {
    this.held = held
    this.#direct = process.ppid === held.supervisor && process.connected
    if (this.#direct) this.#openChannel()
  }

  /** Answers for `supervised`; calls back when the supervisor has ended. */
  serve(supervised: Supervised, orphaned: () => void): void {
    this.#supervised = supervised
    this.#orphaned = orphaned
  }

  /** Takes what arrives at an address. Called for each server that does; which one is given a connection, `takers` knows. */
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
    // The server itself keeps the process alive, and not its helper.
    listener.listen({ path, exclusive: true }, () => this.#tell({ ...claim, rank: takers.rank ?? 0, path })).unref()
  }

  /** Takes nothing more. */
  release(listen: number): void {
    if (!this.#takers.delete(listen)) return
    this.#listeners.get(listen)?.close()
    this.#listeners.delete(listen)
    this.#tell({ type: 'release', listen })
  }

  /** Asks for a path that was removed. Resolves when it is there, or the supervisor has ended. */
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
   * Asks whether it may end: all processes of the command end together, also those that serve nothing that is held. Resolves when
   * everything that was passed on before has arrived.
   */
  mayGo(): Promise<boolean> {
    if (this.#left) return Promise.resolve(true)
    this.#tell({ type: 'quiet' })
    return new Promise((resolve) => {
      this.#go = resolve
    })
  }

  /** It ends: what comes now waits for the next process. */
  ending(): void {
    if (this.#send !== undefined) this.#tell({ type: 'ending' })
  }

  /** Whether the connections came as sockets, which can be given back as such. */
  get isDirect(): boolean {
    return this.#direct
  }

  /**
   * Returns the address that a server serves, or served: of those, the one at which `socket` arrived. `undefined` for a
   * connection that the server has accepted on a port of its own.
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

  /** Gives an idle connection back, which its server would close after `keepAlive` ms. It is destroyed here when it has arrived there. */
  giveBack(listen: number, socket: Socket, handle: object, keepAlive: number): void {
    const key = this.#givenBack.add(socket)
    // A socket that is not read keeps no process alive, and messages that wait to be sent do not either.
    this.#channel?.ref()
    this.#tell({ type: 'kept', listen, key, keepAlive }, handle)
  }

  /** Everything is closed: lets go of the supervisor, which would keep the process alive. */
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
    // After what was said has left.
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

  /** Used again since it asked, it goes on until it asks the next time. */
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
    // Also what is turned away is accepted first: it is not for the next process either.
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
    // Nobody is left to take them.
    this.#givenBack.end()
    this.parking.end()
    if (this.#left) return
    this.#left = true
    this.#orphaned()
  }
}
