import type { Socket } from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'
import type { ToSupervisor } from '../../protocol/messages.ts'
import { ConnectionQueue, type PendingConnection } from './connection-queue.ts'
import { ConnectionTransfer } from './connection-transfer.ts'
import { ExitAgreement } from './exit-agreement.ts'
import { IdlePool } from './idle-pool.ts'
import type { ProcessLink } from './process-link.ts'
import { type Rejection, rejectClient } from './reject.ts'
import type { RouterEvents } from './router-events.ts'

/** The longest time (ms) for processes to accept connections before they end, and the interval (ms) of the checks. */
const PASS_ON = { most: 5000, look: 5 }

/**
 * The state of a router.
 *
 * | state | a new connection | a connection that a process returns | may become |
 * | --- | --- | --- | --- |
 * | `open` | goes to a process, or waits for one | is kept until its next request | rejecting, stopped |
 * | `rejecting` | is rejected | is kept until its next request | open, stopped |
 * | `stopped` | is rejected | is closed | |
 */
type RouterState = 'open' | 'rejecting' | 'stopped'

/**
 * Routes the connections of clients to the processes that serve. A connection that a process does not acknowledge is
 * queued for the next one.
 */
export class ConnectionRouter {
  readonly links: Set<ProcessLink> = new Set()
  readonly #exit: ExitAgreement = new ExitAgreement(this.links, () => this.#expected.size === 0)
  readonly #events: RouterEvents
  readonly #addresses: number
  readonly #idlePool: IdlePool
  readonly #transfer: ConnectionTransfer
  /** The addresses that must be listened on before a process of this run may end. */
  readonly #expected = new Set<number>()
  readonly #queue: ConnectionQueue
  #state: RouterState = 'open'
  /** The answer to a new connection, unless the state is `open`. */
  #rejection: Rejection | undefined
  #ids = 0

  /** Ignores messages about an address whose index is `addresses` or more. */
  constructor(maxQueue: number, addresses: number, events: RouterEvents) {
    this.#queue = new ConnectionQueue(maxQueue, () => events.full())
    this.#addresses = addresses
    this.#events = events
    const spoke = (socket: Socket, listen: number, head: Buffer): void =>
      this.#accept({ id: ++this.#ids, socket, listen, head, returned: true })
    this.#idlePool = new IdlePool(spoke, undefined, (socket) => events.admit?.(socket) ?? true)
    this.#transfer = new ConnectionTransfer({
      rejected: (connection) => this.#enqueue(connection),
      // A connection may have waited only for a descriptor.
      pipeClosed: () => this.#queue.size > 0 && this.flush(),
      returned: (client, listen, keepAlive) => this.#idlePool.add(client, listen, keepAlive),
    })
  }

  get waiting(): number {
    return this.#queue.size
  }

  /** The number of connections that processes have taken. */
  get taken(): number {
    return this.#transfer.taken
  }

  /** A number that changes with each connection that arrives, and with each returned connection that sends data. */
  get arrivals(): number {
    return this.#ids
  }

  /** Reports whether a connection waits at an address that no process serves. */
  get unserved(): boolean {
    return this.#queue.some((listen) => !this.serves(listen))
  }

  /** Reports whether a process serves an address, or any address without an argument. */
  serves(listen?: number): boolean {
    return [...this.links].some(({ claims }) => (listen === undefined ? claims.size > 0 : claims.has(listen)))
  }

  /** Starts a run: no process may end before each address has been listened on, or {@link settle} is called. */
  begin(): void {
    for (let listen = 0; listen < this.#addresses; listen++) this.#expected.add(listen)
  }

  /** Waits no longer for addresses on which no process has listened. */
  settle(): void {
    this.#expected.clear()
    this.#exit.check()
  }

  /** Takes a connection that has arrived. */
  accept(socket: Socket, listen: number, head?: Buffer): void {
    this.#accept({ id: ++this.#ids, socket, listen, ...(head && { head }) })
  }

  /** Counts a connection that was piped to a command without this protocol: see {@link RouterEvents.pipe}. */
  countTaken(): void {
    this.#transfer.taken++
  }

  /** Handles a message of a process. */
  receive(link: ProcessLink, message: ToSupervisor, handle?: object): void {
    if ('listen' in message && message.listen >= this.#addresses) return
    switch (message.type) {
      case 'claim':
        this.#claimed(link, message)
        break
      case 'release':
        if (!link.claims.delete(message.listen)) break
        this.#events.released(link, message.listen)
        this.#exit.check()
        break
      case 'restore-path':
        this.#events.restore(link, message.listen)
        break
      case 'accepted':
        this.#transfer.accepted(link, message.id)
        break
      case 'rejected':
        this.#transfer.rejected(link, message.id)
        break
      case 'exit-request':
        this.#exit.requested(link)
        break
      case 'exit-confirmed':
        this.#exit.confirmed(link, message.round)
        break
      case 'exit-cancelled':
        if (link.isEnding) break
        link.enter('running')
        this.#exit.cancelled()
        this.flush()
        break
      case 'draining':
        link.enter('draining')
        this.#events.draining(link)
        this.#exit.check()
        break
      case 'return-socket':
        link.send({ type: 'returned', key: message.key })
        if (handle !== undefined) this.#idlePool.add(handle, message.listen, message.keepAlive)
        break
      case 'park':
        this.#transfer.park(link, message.id)
        break
      case 'return-pipe':
        this.#transfer.returnPipe(link, message)
        break
      case 'unpark':
        this.#transfer.unpark(link, message.id)
        break
      case 'drained':
        link.enter('drained')
        this.#events.drained(link)
        break
      case 'idleness':
        this.#events.idleness(link, message)
        break
    }
  }

  /** Removes a process that is gone, and queues the connections that it has not acknowledged. */
  detach(link: ProcessLink): void {
    if (!this.links.delete(link)) return
    link.enter('drained')
    const claimed = [...link.claims.keys()]
    link.claims.clear()
    for (const listen of claimed) this.#events.released(link, listen)
    this.#transfer.detach(link)
    this.#exit.check()
    this.#events.gone(link)
  }

  /** Passes on the waiting connections that a process can serve now. */
  flush(): void {
    this.#queue.flush((waiting) => this.#connect(waiting))
  }

  /** Drops the connections whose clients have reset them. */
  dropReset(): void {
    this.#queue.dropReset()
  }

  /** Resolves when the serving processes have the connections that arrived for them, or after 5 s. */
  async passedOn(): Promise<void> {
    const end = performance.now() + PASS_ON.most
    while (this.#passing && performance.now() < end) await pass(PASS_ON.look)
  }

  /** Rejects the connections that wait at addresses which pass `test`. */
  rejectAt(rejection: Rejection, test: (listen: number) => boolean): void {
    this.#queue.rejectAll(rejection, test)
  }

  /** Rejects the waiting connections, and each new one until {@link open}. Returns the number of the waiting ones. */
  reject(rejection: Rejection): number {
    this.#enter('rejecting', rejection)
    return this.#queue.rejectAll(rejection)
  }

  /** Takes connections again after {@link reject}. */
  open(): void {
    this.#enter('open')
  }

  /** Rejects the waiting connections and each new one, and closes the idle ones that processes return. */
  stop(rejection: Rejection): void {
    this.#enter('stopped', rejection)
    this.#queue.rejectAll(rejection)
    this.#idlePool.end()
  }

  #enter(state: RouterState, rejection?: Rejection): void {
    if (this.#state === 'stopped') return
    this.#state = state
    this.#rejection = rejection
  }

  get #passing(): boolean {
    return [...this.links].some(
      ({ isEnding, claims, unacknowledged }) =>
        unacknowledged.size > 0 || (!isEnding && this.#queue.some((listen) => claims.has(listen))),
    )
  }

  #claimed(link: ProcessLink, { listen, pid, rank, path }: Extract<ToSupervisor, { type: 'claim' }>): void {
    link.pid ??= pid
    link.served = true
    link.claims.set(listen, path)
    link.ranks.set(listen, rank)
    this.#expected.delete(listen)
    this.#exit.cancelled()
    this.#events.claimed(link, listen)
    this.flush()
    this.#exit.check()
  }

  #accept(connection: PendingConnection): void {
    if (this.#rejection !== undefined) rejectClient(connection.socket, this.#rejection, connection.head)
    else if (!this.#connect(connection)) this.#enqueue(connection)
  }

  /** Passes a connection to a process. Returns false if no process takes it. */
  #connect(connection: PendingConnection): boolean {
    if (connection.socket.destroyed) return true
    if (this.#events.pipe?.(connection)) return true
    const serving = this.#serving(connection.listen)
    const running = serving.find(({ state }) => state === 'running')
    if (running !== undefined) {
      this.#transfer.send(connection, running)
      return true
    }
    for (const link of serving) {
      if (link.state !== 'exit-requested' && link.state !== 'exit-granted') continue
      link.enter('exit-cancelling')
      this.#exit.cancelled()
      link.send({ type: 'cancel-exit' })
    }
    return false
  }

  /**
   * Returns the processes whose servers fit an address best. A server that listens there wins over one that listens
   * elsewhere.
   */
  #serving(listen: number): readonly ProcessLink[] {
    const all = [...this.links].filter(({ claims }) => claims.has(listen))
    const best = Math.max(...all.map(({ ranks }) => ranks.get(listen) ?? 0))
    return all.filter(({ ranks }) => (ranks.get(listen) ?? 0) === best)
  }

  #enqueue(connection: PendingConnection): void {
    if (this.#rejection !== undefined) rejectClient(connection.socket, this.#rejection, connection.head)
    else if (this.#queue.add(connection)) this.#events.needed()
  }
}
