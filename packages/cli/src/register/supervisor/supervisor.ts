import type { Server, Socket } from 'node:net'
import type { ToProcess, ToSupervisor } from '../../protocol/messages.ts'
import type { SupervisorInfo } from '../../protocol/supervisor-info.ts'
import { Parking } from '../connections/parking.ts'
import { type ConnectionOwner, returnOnceIdle } from '../connections/return-idle-connections.ts'
import { ReturnedConnections } from '../connections/returned-connections.ts'
import type { AddressHolder } from '../listen/held-endpoints.ts'
import { ConnectionIntake } from './connection-intake.ts'
import { SupervisorLink } from './supervisor-link.ts'

/** Answers the supervisor's questions about this process. */
export interface SupervisedProcess {
  /** Called when a connection arrives while the process is about to end. Reports whether the process goes on. */
  cancelExit(): boolean
  /** Reports whether nothing has been active for a patience, and the end is not decided. */
  readonly isIdle: boolean
  readonly idleness: Omit<Extract<ToSupervisor, { type: 'idleness' }>, 'type'>
}

/**
 * The supervisor that started this process, as seen from here. A direct child gets sockets and messages over its IPC
 * channel. Another process gets connections on a private path, and sends messages on the supervisor's control socket.
 */
export class Supervisor implements AddressHolder, ConnectionOwner {
  readonly #link: SupervisorLink
  readonly #intake: ConnectionIntake
  #supervised: SupervisedProcess | undefined
  /** Called when the supervisor has ended. No process holds the port any more. */
  #orphaned = (): void => {}
  /** The callbacks of {@link restore} that wait for a path. */
  readonly #restoring = new Map<number, () => void>()
  /** The connections that are piped to this process. */
  readonly parking: Parking
  /** The sockets on their way back. */
  readonly #returned: ReturnedConnections = new ReturnedConnections()
  #answerExit: ((granted: boolean) => void) | undefined
  /** True when this process has closed everything, or the supervisor has ended. */
  #over = false

  constructor(info: SupervisorInfo) {
    this.#link = new SupervisorLink(info, {
      received: (message, handle) => this.#receive(message, handle),
      lost: () => this.#lost(),
    })
    this.parking = new Parking((message) => this.#link.send(message))
    this.#intake = new ConnectionIntake({
      link: this.#link,
      parking: this.parking,
      beyondLimit: (server, socket) => returnOnceIdle(server, socket, this),
    })
  }

  /** Lets `supervised` answer the supervisor's questions. Calls `orphaned` when the supervisor has ended. */
  serve(supervised: SupervisedProcess, orphaned: () => void): void {
    this.#supervised = supervised
    this.#orphaned = orphaned
  }

  claim(...args: Parameters<ConnectionIntake['claim']>): void {
    this.#intake.claim(...args)
  }

  release(listen: number): void {
    this.#intake.release(listen)
  }

  /** Asks the supervisor to restore a removed path. Resolves when the supervisor has tried, or has ended. */
  restore(listen: number): Promise<void> {
    if (this.#over) return Promise.resolve()
    // A server that is about to listen keeps the process alive, as it would by listening at once.
    const alive = setInterval(() => {}, 2 ** 30)
    return new Promise((resolve) => {
      this.#restoring.set(listen, () => {
        clearInterval(alive)
        resolve()
      })
      this.#link.send({ type: 'restore-path', listen })
    })
  }

  /**
   * Asks whether the process may end. All processes of the command end together, also those that serve no held address.
   * Resolves when all connections that were passed on before have arrived.
   */
  mayExit(): Promise<boolean> {
    if (this.#over) return Promise.resolve(true)
    this.#link.send({ type: 'exit-request' })
    return new Promise((resolve) => {
      this.#answerExit = resolve
    })
  }

  /** Notes that the process ends. New connections wait for the next process. */
  draining(): void {
    if (this.#link.isOpen) this.#link.send({ type: 'draining' })
  }

  get isDirect(): boolean {
    return this.#link.isDirect
  }

  listenOf(server: Server): number | undefined {
    return this.#intake.listenOf(server)
  }

  isFromSupervisor(socket: Socket): boolean {
    return this.#intake.isFromSupervisor(socket)
  }

  /** Sends a connection back. The copy here is destroyed when the supervisor has its own. */
  returnConnection(listen: number, socket: Socket, handle: object, keepAlive: number): void {
    const key = this.#returned.add(socket)
    // Neither a socket that is not read nor an unsent message keeps the process alive.
    this.#link.ref()
    this.#link.send({ type: 'return-socket', listen, key, keepAlive }, handle)
  }

  /**
   * Notes that everything is closed, and closes the connection to the supervisor, which would keep the process alive.
   */
  drained(): void {
    if (this.#over) return
    this.#over = true
    if (this.#link.isOpen) this.#link.send({ type: 'drained' })
    this.#link.close()
  }

  #receive(message: ToProcess, handle?: object): void {
    switch (message.type) {
      case 'socket':
        this.#intake.accept(message, handle)
        break
      case 'exit-granted':
        this.#answerExit?.(true)
        break
      case 'exit-check':
        this.#confirmExit(message.round)
        break
      case 'cancel-exit':
        this.#answerExit?.(false)
        if (this.#supervised?.cancelExit()) this.#link.send({ type: 'exit-cancelled' })
        break
      case 'returned':
        this.#returned.arrived(message.key)
        if (this.#returned.isEmpty) this.#link.unref()
        break
      case 'parked':
        this.parking.parked(message.id, message.bytes)
        break
      case 'path-restored':
        this.#restoring.get(message.listen)?.()
        this.#restoring.delete(message.listen)
        break
      case 'idleness-request':
        if (this.#supervised !== undefined) this.#link.send({ type: 'idleness', ...this.#supervised.idleness })
        break
    }
  }

  /** Answers whether the process is still idle. If it was used since it asked, it goes on and asks again later. */
  #confirmExit(round: number): void {
    if (this.#supervised?.isIdle === true) {
      this.#link.send({ type: 'exit-confirmed', round })
      return
    }
    this.#answerExit?.(false)
    this.#link.send({ type: 'exit-cancelled' })
  }

  #lost(): void {
    this.#answerExit?.(true)
    for (const restored of this.#restoring.values()) restored()
    this.#restoring.clear()
    // The supervisor that would take them has ended.
    this.#returned.end()
    this.parking.end()
    if (this.#over) return
    this.#over = true
    this.#orphaned()
  }
}
