import type { Socket } from 'node:net'
import { isReset } from '../../socket-handle.ts'
import { type Rejection, rejectClient } from './reject.ts'

/** The time (ms) that a client beyond the queue has to send. A client on a busy machine needs more than a second. */
const PATIENCE = 5000

/** A client's connection that no process has yet. */
export interface PendingConnection {
  readonly id: number
  /** The index of the address at which it arrived. */
  readonly listen: number
  readonly socket: Socket
  /** The bytes of it that were already read. */
  readonly head?: Buffer
  /** Set if a process has returned it. */
  readonly returned?: boolean
}

/** The connections that wait for a process, in the order in which they arrived. Holds at most `most` of them. */
export class ConnectionQueue {
  readonly #most: number
  readonly #onFull: () => void
  #waiting: PendingConnection[] = []
  #full = false

  /** Calls `onFull` once each time the queue fills. */
  constructor(most: number, onFull: () => void) {
    this.#most = most
    this.#onFull = onFull
  }

  get size(): number {
    return this.#waiting.length
  }

  /** Adds a connection at its place in the order. Rejects it and returns false if the queue is full. */
  add(waiting: PendingConnection): boolean {
    if (this.#waiting.length >= this.#most) this.dropReset()
    if (this.#waiting.length >= this.#most) {
      if (!this.#full) this.#onFull()
      this.#full = true
      const sentence = `${this.#most} connections wait for the program already.`
      rejectClient(waiting.socket, { status: 503, sentence }, waiting.head, PATIENCE)
      return false
    }
    const index = this.#waiting.findLastIndex(({ id }) => id < waiting.id)
    this.#waiting.splice(index + 1, 0, waiting)
    return true
  }

  /** Removes each connection that `connect` takes. */
  flush(connect: (waiting: PendingConnection) => boolean): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) if (!connect(one)) this.#waiting.push(one)
    if (this.#waiting.length < this.#most) this.#full = false
  }

  /** Removes the connections that their clients have reset. */
  dropReset(): void {
    this.#waiting = this.#waiting.filter(({ socket }) => {
      if (isReset(socket)) socket.destroy()
      return !socket.destroyed
    })
  }

  /** Rejects all connections, or those at addresses that pass `at`. Returns their number. */
  rejectAll(rejection: Rejection, at: (listen: number) => boolean = () => true): number {
    const refused = this.#waiting.filter(({ listen }) => at(listen))
    this.#waiting = this.#waiting.filter(({ listen }) => !at(listen))
    for (const { socket, head } of refused) rejectClient(socket, rejection, head)
    return refused.length
  }

  /** Reports whether a connection waits at an address that passes `test`. */
  some(test: (listen: number) => boolean): boolean {
    return this.#waiting.some(({ listen }) => test(listen))
  }
}
