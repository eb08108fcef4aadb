import type { EventEmitter } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * The descriptors that clients never take: for a start with its channel and watcher, the control socket, marks and the
 * status page.
 */
const RESERVE = 16
/** The number of connections that are always allowed, even with few descriptors. */
const FEWEST = 4

/** The hint when a connection is turned away. */
export const FULL = 'clients take all descriptors (ulimit -n): new connections are closed until others end'

/** Counts the descriptors of connections, so that the supervisor keeps some for its own work. */
export class Descriptors {
  readonly #limit: number
  readonly #each: number
  readonly #onFull: () => void
  #room = Number.POSITIVE_INFINITY
  #taken = 0
  #full = false

  /**
   * `each` is the number of descriptors per connection: two if connections are piped. `limit` is how many the process
   * may have open. Calls back when a connection is turned away, and again only after at least half of the room was
   * free.
   */
  constructor(each: number, onFull: () => void, limit: number = openFilesLimit()) {
    this.#each = each
    this.#onFull = onFull
    this.#limit = limit
  }

  /** Notes how many descriptors are open without any connection. */
  begin(open: number = openFiles()): void {
    this.#room = Math.max(this.#limit - open - RESERVE, FEWEST * this.#each)
  }

  /** Counts a connection until it closes. Returns false, and counts nothing, if the reserve would be touched. */
  admit(socket: Pick<EventEmitter, 'once'>): boolean {
    if (this.#taken + this.#each > this.#room) {
      if (!this.#full) this.#onFull()
      this.#full = true
      return false
    }
    this.#taken += this.#each
    socket.once('close', this.#release)
    return true
  }

  readonly #release = (): void => {
    this.#taken -= this.#each
    if (this.#taken <= this.#room / 2) this.#full = false
  }
}

/**
 * Returns the limit of open files. Node raises its own limit to the maximum at startup, so a shell's `ulimit -n` says
 * nothing about it.
 */
function openFilesLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}
