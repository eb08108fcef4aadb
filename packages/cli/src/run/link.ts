import type { ToProcess } from '../protocol/messages.ts'
import type { Pipe } from './pipe.ts'
import type { Waiting } from './waiting.ts'

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
  /** `paused`: it may end, so nothing is sent to it. `wanted`: it was asked whether it goes on. `leaving`: it ends. */
  state: 'open' | 'paused' | 'wanted' | 'leaving' = 'open'

  constructor(pid: number | undefined, send: (message: ToProcess, handle?: object) => void) {
    this.pid = pid
    this.#send = send
  }

  tell(message: ToProcess, handle?: object): void {
    this.#send(message, handle)
  }
}
