import type { Socket } from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'
import type { ToSupervisor } from '../protocol/messages.ts'
import { Kept } from './kept.ts'
import type { Link } from './link.ts'
import { pipeToPath } from './pipe.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { Waiting } from './waiting.ts'

/** How long (ms) processes may take to accept what was passed on to them before an end, and how often that is looked at. */
const PASS_ON = { most: 5000, look: 5 }

/** Whom the switchboard tells. */
export interface Operator {
  /** Somebody waits, and nobody serves that address. */
  needed(): void
  /** The queue is full: somebody is turned away. */
  full(): void
  /** A process serves an address. */
  claimed(link: Link, listen: number): void
  /** It serves it no longer. */
  released(link: Link, listen: number): void
  /** A process ends, since it was idle. */
  ending(link: Link): void
  /** A process has closed everything. */
  closed(link: Link): void
  /** A process has said how idle it is. */
  told(idleness: Extract<ToSupervisor, { type: 'idleness' }>): void
  /** What is piped where no process speaks with us; gives whether it was taken. */
  pipe?(waiting: Waiting): boolean
}

/** Connects clients that wait with processes that serve. Loses nobody: whom a process does not acknowledge waits for the next. */
export class Switchboard {
  /** How many connections a process has taken. */
  taken = 0
  readonly links: Set<Link> = new Set()
  readonly #operator: Operator
  readonly #maxQueue: number
  readonly #kept: Kept
  #waiting: Waiting[] = []
  #ids = 0
  #full = false
  #closed: Refusal | undefined

  constructor(maxQueue: number, operator: Operator) {
    this.#maxQueue = maxQueue
    this.#operator = operator
    this.#kept = new Kept((socket, listen, head) => this.#accept({ id: ++this.#ids, socket, listen, head, kept: true }))
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** A number that changes with each connection that arrives, and with each kept one that speaks. */
  get arrivals(): number {
    return this.#ids
  }

  /** Whether somebody waits whom no process serves. */
  get unserved(): boolean {
    return this.#waiting.some(({ listen }) => ![...this.links].some(({ claims }) => claims.has(listen)))
  }

  /** A connection has come. */
  accept(socket: Socket, listen: number, head?: Buffer): void {
    this.#accept({ id: ++this.#ids, socket, listen, ...(head && { head }) })
  }

  /** A message of a process. */
  receive(link: Link, message: ToSupervisor, handle?: object): void {
    switch (message.type) {
      case 'claim':
        link.pid = message.pid
        link.claims.set(message.listen, message.path)
        this.#operator.claimed(link, message.listen)
        this.flush()
        break
      case 'release':
        link.claims.delete(message.listen)
        this.#operator.released(link, message.listen)
        break
      case 'ack':
        this.#acknowledged(link, message.id)
        break
      case 'refuse':
        this.#requeue(link, message.id)
        break
      case 'quiet':
        // Connections that are piped reach it by another way than this answer: a program that has just begun could end before them.
        link.state = isOnTheWay(link) ? 'wanted' : 'paused'
        link.tell({ type: link.state === 'wanted' ? 'wanted' : 'go' })
        break
      case 'resume':
        link.state = 'open'
        this.flush()
        break
      case 'ending':
        link.state = 'leaving'
        this.#operator.ending(link)
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
        this.#operator.closed(link)
        break
      case 'idleness':
        this.#operator.told(message)
        break
    }
  }

  /** A process is gone: whom it has not acknowledged waits again. */
  detach(link: Link): void {
    if (!this.links.delete(link)) return
    link.state = 'leaving'
    link.claims.clear()
    for (const id of [...link.unacknowledged.keys()]) this.#requeue(link, id)
  }

  /** Passes on whoever waits and can be served now. */
  flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) if (!this.#connect(one)) this.#waiting.push(one)
    if (this.#waiting.length < this.#maxQueue) this.#full = false
  }

  /** Resolves when the processes that serve have what came for them, or when that takes too long. */
  async passedOn(): Promise<void> {
    const end = performance.now() + PASS_ON.most
    while (this.#passing && performance.now() < end) await pass(PASS_ON.look)
  }

  /** Turns away everybody who waits. Gives how many. */
  refuseAll(refusal: Refusal): number {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { socket, head } of waiting) refuse(socket, refusal, head)
    return waiting.length
  }

  /** From now on everybody is turned away, until called with nothing. */
  close(refusal: Refusal | undefined): void {
    this.#closed = refusal
  }

  /** Ends the connections that are kept for the next process. */
  endKept(): void {
    this.#kept.end()
  }

  get #passing(): boolean {
    return [...this.links].some(
      ({ state, claims, unacknowledged }) =>
        unacknowledged.size > 0 || (state !== 'leaving' && this.#waiting.some(({ listen }) => claims.has(listen))),
    )
  }

  #accept(waiting: Waiting): void {
    if (this.#closed !== undefined) refuse(waiting.socket, this.#closed, waiting.head)
    else if (!this.#connect(waiting)) this.#enqueue(waiting)
  }

  /** Gives a connection to a process, if one takes it. */
  #connect(waiting: Waiting): boolean {
    if (waiting.socket.destroyed) return true
    if (this.#operator.pipe?.(waiting)) return true
    const serving = [...this.links].filter(({ claims }) => claims.has(waiting.listen))
    const open = serving.find(({ state }) => state === 'open')
    if (open !== undefined) {
      this.#pass(waiting, open)
      return true
    }
    for (const link of serving) {
      if (link.state !== 'paused') continue
      link.state = 'wanted'
      link.tell({ type: 'wanted' })
    }
    return false
  }

  #pass(waiting: Waiting, link: Link): void {
    const { id, listen, socket, head, kept } = waiting
    link.unacknowledged.set(id, waiting)
    const path = link.claims.get(listen)
    if (path === undefined) {
      // The handle, and not the socket: Node counts sockets that are sent, and asks the receiver for them at each close (20 to 26).
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
        pipe.onClosed = () => link.pipes.delete(id)
      },
      refused: () => this.#requeue(link, id),
    })
  }

  /** A connection that is piped is idle, and its process ends: nothing more is read of it until the process knows more. */
  #park(link: Link, id: number): void {
    const piped = link.pipes.get(id)
    // One that has closed: its process sees that too.
    if (piped !== undefined) link.tell({ type: 'parked', id, bytes: piped.pipe.park() })
  }

  #left(link: Link, { id, bytes, keepAlive }: Extract<ToSupervisor, { type: 'left' }>): void {
    const piped = link.pipes.get(id)
    piped?.pipe.leave(bytes, (client) => this.#kept.add(client, piped.listen, keepAlive))
  }

  #acknowledged(link: Link, id: number): void {
    const waiting = link.unacknowledged.get(id)
    link.unacknowledged.delete(id)
    this.taken++
    // This copy only: the process has its own, and no FIN is sent.
    waiting?.socket.destroy()
  }

  #requeue(link: Link, id: number): void {
    const waiting = link.unacknowledged.get(id)
    if (waiting === undefined) return
    link.unacknowledged.delete(id)
    if (this.#closed !== undefined) refuse(waiting.socket, this.#closed, waiting.head)
    else this.#enqueue(waiting)
  }

  /** In the order in which they came. */
  #enqueue(waiting: Waiting): void {
    if (this.#waiting.length >= this.#maxQueue) {
      if (!this.#full) this.#operator.full()
      this.#full = true
      refuse(
        waiting.socket,
        { status: 503, sentence: `${this.#maxQueue} connections wait for the program already.` },
        waiting.head,
      )
      return
    }
    const index = this.#waiting.findLastIndex(({ id }) => id < waiting.id)
    this.#waiting.splice(index + 1, 0, waiting)
    this.#operator.needed()
  }
}

/** Reports whether a connection that is piped has not reached its process. Sockets are ahead of what is said after them. */
function isOnTheWay({ unacknowledged, claims }: Link): boolean {
  return [...unacknowledged.values()].some(({ listen }) => claims.get(listen) !== undefined)
}
