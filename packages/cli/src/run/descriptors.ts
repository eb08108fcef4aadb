import type { EventEmitter } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'

/** How many descriptors clients leave: for a start with its channel and its watcher, the control socket, marks and the status page. */
const RESERVE = 16
/** How many connections are taken, however few descriptors there are. */
const FEWEST = 4

/** What is said when a connection is turned away. */
export const FULL = 'clients take all descriptors (ulimit -n): new connections are closed until others end'

/** Counts the descriptors of connections, so that some are left for what the supervisor has to do meanwhile. */
export class Descriptors {
  readonly #limit: number
  readonly #each: number
  readonly #onFull: () => void
  #room = Number.POSITIVE_INFINITY
  #taken = 0
  #full = false

  /**
   * `each` is how many a connection takes: two if it is piped. Calls back when a connection is turned away, and again only after
   * half of what they may take was free. `limit` is how many the process may have open.
   */
  constructor(each: number, onFull: () => void, limit: number = openFilesLimit()) {
    this.#each = each
    this.#onFull = onFull
    this.#limit = limit
  }

  /** Notes what is open without any connection. */
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

/** Node raises its limit at the start to the most that it may have, so a shell's `ulimit -n` is not asked. */
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
