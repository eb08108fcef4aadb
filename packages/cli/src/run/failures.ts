import type { Exit } from './command/command.ts'
import type { RunStatus } from './run-status.ts'

/** The longest pause (ms) between restarts. */
const LONGEST_BACKOFF = 30_000
/** A command that was in use for longer than this (ms) starts a new row of failures. */
const STABLE = 10_000

/** A failure: the process, its exit, and how long (ms) it was in use before. Empty if there was no process. */
export interface Failure {
  readonly pid?: number | undefined
  readonly exit?: Exit
  readonly served?: number
}

/** The exit if no process was started. */
export const NO_EXIT: Exit = { code: null, signal: null }

/** Counts the failures of a command in a row, and computes the pause after each. */
export class Failures {
  readonly #most: number
  readonly #backoff: number
  #count = 0
  #last: RunStatus['lastFailure']
  #retryAt: number | undefined

  constructor(most: number, backoff: number) {
    this.#most = most
    this.#backoff = backoff
  }

  /** The number of failures in a row. */
  get count(): number {
    return this.#count
  }

  get last(): RunStatus['lastFailure'] {
    return this.#last
  }

  /** The time at which the command may be started again, in ms since 1970, while it waits for that. */
  get retryAt(): number | undefined {
    return this.#retryAt
  }

  /** Reports whether there were so many failures that clients are turned away. */
  get areTooMany(): boolean {
    return this.#count >= this.#most
  }

  /** The pause (ms) before the next start. */
  get delay(): number {
    return Math.min(this.#backoff * 2 ** (this.#count - 1), LONGEST_BACKOFF)
  }

  /** Counts a failure. `served` is how long (ms) the command was in use. */
  add(why: string, served: number): void {
    this.#count = served > STABLE ? 1 : this.#count + 1
    const at = Date.now()
    this.#last = { why, at }
    this.#retryAt = at + this.delay
  }

  /** Notes that the command is started again. */
  retried(): void {
    this.#retryAt = undefined
  }

  /** Ends the row. */
  clear(): void {
    this.#count = 0
  }
}
