import type { Socket } from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'
import type { ToSupervisor } from '../protocol/messages.ts'
import { Agreement } from './agreement.ts'
import { ConnectionQueue, type Waiting } from './connection-queue.ts'
import { Kept } from './kept.ts'
import type { Link } from './link.ts'
import type { Operator } from './operator.ts'
import { pipeToPath } from './pipe.ts'
import { type Refusal, refuse } from './refusal.ts'

/** The longest time (ms) for processes to accept connections before they end, and the interval (ms) of the checks. */
const PASS_ON = { most: 5000, look: 5 }

/**
 * Connects waiting clients with processes that serve. A connection that a process does not acknowledge is queued for
 * the next one.
 */
export class Switchboard {
  /** The number of connections that processes have taken. */
  taken = 0
  readonly links: Set<Link> = new Set()
  readonly #agreement: Agreement = new Agreement(this.links, () => this.#expected.size === 0)
  readonly #operator: Operator
  readonly #addresses: number
  readonly #kept: Kept
  /** The addresses that must be listened on before a process of this run may end. */
  readonly #expected = new Set<number>()
  readonly #queue: ConnectionQueue
  #ids = 0

  /** Ignores messages about an address whose index is `addresses` or more. */
  constructor(maxQueue: number, addresses: number, operator: Operator) {
    this.#queue = new ConnectionQueue(maxQueue, () => operator.full())
    this.#addresses = addresses
    this.#operator = operator
    const spoke = (socket: Socket, listen: number, head: Buffer): void =>
      this.#accept({ id: ++this.#ids, socket, listen, head, kept: true })
    this.#kept = new Kept(spoke, undefined, (socket) => operator.admit?.(socket) ?? true)
  }

  get waiting(): number {
    return this.#queue.size
  }

  /** A number that changes with each connection that arrives, and with each kept connection that sends data. */
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
    this.#agreement.check()
  }

  /** Takes a connection that has arrived. */
  accept(socket: Socket, listen: number, head?: Buffer): void {
    this.#accept({ id: ++this.#ids, socket, listen, ...(head && { head }) })
  }

  /** Handles a message of a process. */
  receive(link: Link, message: ToSupervisor, handle?: object): void {
    if ('listen' in message && message.listen >= this.#addresses) return
    switch (message.type) {
      case 'claim':
        link.pid ??= message.pid
        link.served = true
        link.claims.set(message.listen, message.path)
        link.ranks.set(message.listen, message.rank)
        this.#expected.delete(message.listen)
        this.#agreement.goesOn()
        this.#operator.claimed(link, message.listen)
        this.flush()
        this.#agreement.check()
        break
      case 'release':
        if (!link.claims.delete(message.listen)) break
        this.#operator.released(link, message.listen)
        this.#agreement.check()
        break
      case 'restore':
        this.#operator.restore(link, message.listen)
        break
      case 'ack':
        this.#acknowledged(link, message.id)
        break
      case 'refuse':
        this.#requeue(link, message.id)
        break
      case 'quiet':
        this.#agreement.asked(link)
        break
      case 'sure':
        this.#agreement.sure(link, message.round)
        break
      case 'resume':
        if (link.isLeaving) break
        link.state = 'open'
        this.#agreement.goesOn()
        this.flush()
        break
      case 'ending':
        link.state = 'leaving'
        this.#operator.ending(link)
        this.#agreement.check()
        break
      case 'kept':
        link.tell({ type: 'taken', key: message.key })
        if (handle !== undefined) this.#kept.add(handle, message.listen, message.keepAlive)
        break
      case 'park':
        this.#park(link, message.id)
        break
      case 'left':
        this.#left(link, message)
        break
      case 'unpark':
        link.pipes.get(message.id)?.pipe.unpark()
        break
      case 'closed':
        link.state = 'closed'
        this.#operator.closed(link)
        break
      case 'idleness':
        this.#operator.told(link, message)
        break
    }
  }

  /** Removes a process that is gone, and queues the connections that it has not acknowledged. */
  detach(link: Link): void {
    if (!this.links.delete(link)) return
    link.state = 'closed'
    const claimed = [...link.claims.keys()]
    link.claims.clear()
    for (const listen of claimed) this.#operator.released(link, listen)
    for (const id of [...link.unacknowledged.keys()]) this.#requeue(link, id)
    this.#agreement.check()
    this.#operator.gone(link)
  }

  /** Passes on the waiting connections that a process can serve now. */
  flush(): void {
    this.#queue.flush((waiting) => this.#connect(waiting))
  }

  /** Drops the connections whose clients have reset them. */
  letGo(): void {
    this.#queue.dropReset()
  }

  /** Resolves when the serving processes have the connections that arrived for them, or after 5 s. */
  async passedOn(): Promise<void> {
    const end = performance.now() + PASS_ON.most
    while (this.#passing && performance.now() < end) await pass(PASS_ON.look)
  }

  /** Refuses the waiting connections, or those to some addresses. Returns their number. */
  refuseAll(refusal: Refusal, at?: (listen: number) => boolean): number {
    return this.#queue.refuseAll(refusal, at)
  }

  /** Refuses every new connection with `refusal`. Takes connections again if called with `undefined`. */
  close(refusal: Refusal | undefined): void {
    this.#queue.close(refusal)
  }

  /** Ends the connections that are kept for the next process. */
  endKept(): void {
    this.#kept.end()
  }

  get #passing(): boolean {
    return [...this.links].some(
      ({ isLeaving, claims, unacknowledged }) =>
        unacknowledged.size > 0 || (!isLeaving && this.#queue.some((listen) => claims.has(listen))),
    )
  }

  #accept(waiting: Waiting): void {
    const { closed } = this.#queue
    if (closed !== undefined) refuse(waiting.socket, closed, waiting.head)
    else if (!this.#connect(waiting)) this.#enqueue(waiting)
  }

  /** Passes a connection to a process. Returns false if no process takes it. */
  #connect(waiting: Waiting): boolean {
    if (waiting.socket.destroyed) return true
    if (this.#operator.pipe?.(waiting)) return true
    const serving = this.#serving(waiting.listen)
    const open = serving.find(({ state }) => state === 'open')
    if (open !== undefined) {
      this.#pass(waiting, open)
      return true
    }
    for (const link of serving) {
      if (link.state !== 'paused' && link.state !== 'going') continue
      link.state = 'wanted'
      this.#agreement.goesOn()
      link.tell({ type: 'wanted' })
    }
    return false
  }

  /**
   * Returns the processes whose servers fit an address best. A server that listens there wins over one that listens
   * elsewhere.
   */
  #serving(listen: number): readonly Link[] {
    const all = [...this.links].filter(({ claims }) => claims.has(listen))
    const best = Math.max(...all.map(({ ranks }) => ranks.get(listen) ?? 0))
    return all.filter(({ ranks }) => (ranks.get(listen) ?? 0) === best)
  }

  #pass(waiting: Waiting, link: Link): void {
    const { id, listen, socket, head, kept } = waiting
    link.unacknowledged.set(id, waiting)
    const path = link.claims.get(listen)
    if (path === undefined) {
      // The handle is sent, because Node counts each socket that is sent and asks the receiver for the number at every
      // close (Node 20-26).
      const handle: unknown = Reflect.get(socket, '_handle')
      link.tell(
        { type: 'socket', id, listen, ...(head && { head: head.toString('base64') }), ...(kept && { kept }) },
        typeof handle === 'object' && handle !== null ? handle : socket,
      )
      return
    }
    pipeToPath(waiting, path, {
      taken: () => link.unacknowledged.delete(id),
      accepted: (pipe) => {
        this.taken++
        link.pipes.set(id, { pipe, listen })
        pipe.onClosed = () => {
          link.pipes.delete(id)
          // A connection may have waited only for a descriptor.
          if (this.#queue.size > 0) this.flush()
        }
      },
      refused: () => this.#requeue(link, id),
    })
  }

  /**
   * Parks an idle piped connection whose process ends: nothing more of it is read until the process sends `left` or
   * `unpark`.
   */
  #park(link: Link, id: number): void {
    const piped = link.pipes.get(id)
    // If the pipe has closed, its process sees that, too.
    if (piped !== undefined) link.tell({ type: 'parked', id, bytes: piped.pipe.park() })
  }

  #left(link: Link, { id, bytes, keepAlive }: Extract<ToSupervisor, { type: 'left' }>): void {
    const piped = link.pipes.get(id)
    piped?.pipe.leave(bytes, (client) => this.#kept.add(client, piped.listen, keepAlive))
  }

  #acknowledged(link: Link, id: number): void {
    const waiting = link.unacknowledged.get(id)
    if (waiting === undefined) return
    for (const lost of link.unacknowledged.keys()) {
      if (lost === id) break
      this.#lost(link, lost)
    }
    link.unacknowledged.delete(id)
    this.taken++
    // Destroys this copy only. The process has its own, and no FIN is sent.
    waiting.socket.destroy()
  }

  /**
   * Closes a connection that was sent before one that has arrived, and has not arrived itself.
   *
   * The process has no descriptor for it, and Node gave up after three tries (Node 20-26). A process that accepts
   * connections itself would have closed it, too.
   */
  #lost(link: Link, id: number): void {
    const waiting = link.unacknowledged.get(id)
    if (waiting === undefined || link.claims.get(waiting.listen) !== undefined) return
    link.unacknowledged.delete(id)
    waiting.socket.destroy()
  }

  #requeue(link: Link, id: number): void {
    const waiting = link.unacknowledged.get(id)
    if (waiting === undefined) return
    link.unacknowledged.delete(id)
    this.#enqueue(waiting)
  }

  #enqueue(waiting: Waiting): void {
    if (this.#queue.add(waiting)) this.#operator.needed()
  }
}
