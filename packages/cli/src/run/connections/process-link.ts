import type { ProcessState, ToProcess } from '../../protocol/messages.ts'
import type { PendingConnection } from './connection-queue.ts'
import type { Pipe } from './pipe.ts'

/** The states that may follow each state: see {@link ProcessState}. */
const NEXT: Readonly<Record<ProcessState, readonly ProcessState[]>> = {
  running: ['exit-requested', 'exit-cancelling', 'draining', 'drained'],
  'exit-requested': ['running', 'exit-granted', 'exit-cancelling', 'draining', 'drained'],
  'exit-granted': ['running', 'exit-requested', 'exit-cancelling', 'draining', 'drained'],
  'exit-cancelling': ['running', 'draining', 'drained'],
  draining: ['drained'],
  drained: [],
}

/** A process that exchanges messages with the supervisor: the command itself, or a process that it started. */
export class ProcessLink {
  readonly #send: (message: ToProcess, handle?: object) => void
  /** The addresses that the process serves. The value is the private path to which connections are piped, if any. */
  readonly claims: Map<number, string | undefined> = new Map()
  /** The fit of its servers to the addresses, by index of the address. */
  readonly ranks: Map<number, number> = new Map()
  /** The connections that were sent to it, and are not acknowledged. */
  readonly unacknowledged: Map<number, PendingConnection> = new Map()
  /** The connections that are piped to it. */
  readonly pipes: Map<number, { readonly pipe: Pipe; readonly listen: number }> = new Map()
  pid: number | undefined
  /** True once the process has served an address. */
  served = false
  #state: ProcessState = 'running'

  constructor(pid: number | undefined, send: (message: ToProcess, handle?: object) => void) {
    this.pid = pid
    this.#send = send
  }

  get state(): ProcessState {
    return this.#state
  }

  /** Changes the state. Does nothing if {@link ProcessState} does not allow the change: a program may send anything. */
  enter(next: ProcessState): void {
    if (NEXT[this.#state].includes(next)) this.#state = next
  }

  /** Reports whether the process ends, or has closed everything. */
  get isEnding(): boolean {
    return this.#state === 'draining' || this.#state === 'drained'
  }

  send(message: ToProcess, handle?: object): void {
    this.#send(message, handle)
  }
}
