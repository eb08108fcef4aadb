import type { ToProcess } from '../protocol/messages.ts'
import type { Waiting } from './connection-queue.ts'
import type { Pipe } from './pipe.ts'

/** A process that exchanges messages with the supervisor: the command itself, or a process that it started. */
export class Link {
  readonly #send: (message: ToProcess, handle?: object) => void
  /** The addresses that the process serves. The value is the private path to which connections are piped, if any. */
  readonly claims: Map<number, string | undefined> = new Map()
  /** The fit of its servers to the addresses, by index of the address. */
  readonly ranks: Map<number, number> = new Map()
  /** The connections that were sent to it, and are not acknowledged. */
  readonly unacknowledged: Map<number, Waiting> = new Map()
  /** The connections that are piped to it. */
  readonly pipes: Map<number, { readonly pipe: Pipe; readonly listen: number }> = new Map()
  pid: number | undefined
  /** True once the process has served an address. */
  served = false
  /**
   * `paused`: idle, and asks whether it may end, so nothing is sent to it. `going`: may end. `wanted`: asked to go on,
   * in either state. `leaving`: ends. `closed`: has closed everything.
   */
  state: 'open' | 'paused' | 'going' | 'wanted' | 'leaving' | 'closed' = 'open'

  constructor(pid: number | undefined, send: (message: ToProcess, handle?: object) => void) {
    this.pid = pid
    this.#send = send
  }

  /** Reports whether the process ends, or has closed everything. */
  get isLeaving(): boolean {
    return this.state === 'leaving' || this.state === 'closed'
  }

  tell(message: ToProcess, handle?: object): void {
    this.#send(message, handle)
  }
}
