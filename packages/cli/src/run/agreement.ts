import type { Link } from './link.ts'

/**
 * Decides when the processes of a command may end. They end together, because the command is started again only as a
 * whole.
 *
 * An idle process asks, and its question stays open until every serving process has asked. Then each is asked to look
 * once more, because its connections may have received data meanwhile. Only if all are still idle may all end. A
 * process that serves alone ends at once. A process that serves no held address does not delay the others, and does not
 * end before them.
 *
 * The processes reach agreement once all are idle, for any number of them and any patiences. An open question does not
 * lapse, so the last one to ask finds the others waiting.
 */
export class Agreement {
  readonly #links: ReadonlySet<Link>
  readonly #complete: () => boolean
  #rounds = 0
  /** The processes that have yet to answer, while all are asked to look once more. */
  #looking: Set<Link> | undefined

  /** `complete` reports whether all processes that are to serve do so. No process may end before. */
  constructor(links: ReadonlySet<Link>, complete: () => boolean) {
    this.#links = links
    this.#complete = complete
  }

  /** Notes that a process is idle and asks whether it may end. */
  asked(link: Link): void {
    // `wanted` has been sent to the process, which sends `resume` next.
    if (link.state === 'wanted' || link.isLeaving) return
    if (isPipedTo(link) && link.unacknowledged.size > 0) {
      link.state = 'wanted'
      link.tell({ type: 'wanted' })
      return
    }
    link.state = 'paused'
    this.check()
  }

  /** Notes that a process has looked once more and is still idle. */
  sure(link: Link, round: number): void {
    if (round !== this.#rounds || this.#looking?.delete(link) !== true || this.#looking.size > 0) return
    this.#looking = undefined
    this.#go()
  }

  /** Notes that a process goes on. The questions of the others stay open. */
  goesOn(): void {
    this.#looking = undefined
  }

  /** Checks whether all serving processes have asked. Called when one of them asks, or serves no longer. */
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

/**
 * Reports whether connections are piped to a process. A piped connection may arrive after a message; a sent one arrives
 * before it.
 */
function isPipedTo({ claims }: Link): boolean {
  return [...claims.values()].some((path) => path !== undefined)
}
