import type { ToProcess } from '../protocol/messages.ts'
import type { Waiting } from './connection-queue.ts'
import type { Pipe } from './pipe.ts'

/** A process that speaks with the supervisor: the command itself, or one that it started. */
export class Link {
  readonly #send: (message: ToProcess, handle?: object) => void
  /** The addresses that it serves, and the private paths of those to which connections are piped. */
  readonly claims: Map<number, string | undefined> = new Map()
  /** How well its servers fit the addresses. */
  readonly ranks: Map<number, number> = new Map()
  /** What was sent to it, and is not acknowledged. */
  readonly unacknowledged: Map<number, Waiting> = new Map()
  /** The connections that are piped to it. */
  readonly pipes: Map<number, { readonly pipe: Pipe; readonly listen: number }> = new Map()
  pid: number | undefined
  /** Whether it has ever served an address. */
  served = false
  /**
   * `paused`: it is idle and asks whether it may end, so nothing is sent to it. `going`: it was told that it may. `wanted`: it was
   * asked to go on, in either state. `leaving`: it ends. `closed`: it has closed everything.
   */
  state: 'open' | 'paused' | 'going' | 'wanted' | 'leaving' | 'closed' = 'open'

  constructor(pid: number | undefined, send: (message: ToProcess, handle?: object) => void) {
    this.pid = pid
    this.#send = send
  }

  /** Reports whether it ends, or has closed everything. */
  get isLeaving(): boolean {
    return this.state === 'leaving' || this.state === 'closed'
  }

  tell(message: ToProcess, handle?: object): void {
    this.#send(message, handle)
  }
}
