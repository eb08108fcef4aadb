import type { Link } from './link.ts'

/**
 * Decides when the processes of a command may end: all together, since the command is started again only as a whole.
 *
 * A process that is idle asks, and its question stays open until every process that serves has asked. Then each is asked to look
 * once more, since its connections may have spoken meanwhile; only if all are still idle may all end. One that serves alone ends at
 * once. A process that serves nothing that is held does not hold up the others, and does not end before them.
 *
 * Once all are idle this ends, with any number of processes and any patiences: an open question does not lapse, so the last
 * of them to ask finds the others waiting.
 */
export class Agreement {
  readonly #links: ReadonlySet<Link>
  readonly #complete: () => boolean
  #rounds = 0
  /** Those that have yet to answer, while all are asked to look once more. */
  #looking: Set<Link> | undefined

  /** `complete` reports whether all processes that are to serve do; before that none may end. */
  constructor(links: ReadonlySet<Link>, complete: () => boolean) {
    this.#links = links
    this.#complete = complete
  }

  /** A process is idle, and asks whether it may end. */
  asked(link: Link): void {
    // It has been told to go on, and says so next.
    if (link.state === 'wanted' || link.isLeaving) return
    if (isPipedTo(link) && link.unacknowledged.size > 0) {
      link.state = 'wanted'
      link.tell({ type: 'wanted' })
      return
    }
    link.state = 'paused'
    this.check()
  }

  /** A process has looked once more, and is idle. */
  sure(link: Link, round: number): void {
    if (round !== this.#rounds || this.#looking?.delete(link) !== true || this.#looking.size > 0) return
    this.#looking = undefined
    this.#go()
  }

  /** A process goes on: the questions of the others stay open. */
  goesOn(): void {
    this.#looking = undefined
  }

  /** Looks whether all that serve have asked: when one of them has asked, or serves no longer. */
  check(): void {
    const serving = [...this.#links].filter((link) => link.claims.size > 0 && !link.isLeaving)
    if (this.#looking !== undefined) {
      const gone = [...this.#looking].some((link) => !serving.includes(link))
      if (!gone) return
      this.#looking = undefined
    }
    if (serving.some(({ state }) => state !== 'paused') || !this.#complete()) return
    if (serving.length <= 1) {
      this.#go()
      return
    }
    this.#looking = new Set(serving)
    this.#rounds++
    for (const link of serving) link.tell({ type: 'look', round: this.#rounds })
  }

  #go(): void {
    for (const link of this.#links) {
      if (link.state !== 'paused') continue
      link.state = 'going'
      link.tell({ type: 'go' })
    }
  }
}

/** A connection that is piped may arrive later than what is said; one that is sent is ahead of it. */
function isPipedTo({ claims }: Link): boolean {
  return [...claims.values()].some((path) => path !== undefined)
}
