import type { ProcessLink } from './process-link.ts'

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
export class ExitAgreement {
  readonly #links: ReadonlySet<ProcessLink>
  readonly #complete: () => boolean
  #rounds = 0
  /** The processes that have yet to answer, while all are asked to look once more. */
  #unconfirmed: Set<ProcessLink> | undefined

  /** `complete` reports whether all processes that are to serve do so. No process may end before. */
  constructor(links: ReadonlySet<ProcessLink>, complete: () => boolean) {
    this.#links = links
    this.#complete = complete
  }

  /** Notes that a process is idle and asks whether it may end. */
  requested(link: ProcessLink): void {
    // `cancel-exit` has been sent to the process, which sends `exit-cancelled` next.
    if (link.state === 'exit-cancelling' || link.isEnding) return
    if (isPipedTo(link) && link.unacknowledged.size > 0) {
      link.enter('exit-cancelling')
      link.send({ type: 'cancel-exit' })
      return
    }
    link.enter('exit-requested')
    this.check()
  }

  /** Notes that a process has looked once more and is still idle. */
  confirmed(link: ProcessLink, round: number): void {
    if (round !== this.#rounds || this.#unconfirmed?.delete(link) !== true || this.#unconfirmed.size > 0) return
    this.#unconfirmed = undefined
    this.#grant()
  }

  /** Notes that a process goes on. The questions of the others stay open. */
  cancelled(): void {
    this.#unconfirmed = undefined
  }

  /** Checks whether all serving processes have asked. Called when one of them asks, or serves no longer. */
  check(): void {
    const serving = [...this.#links].filter((link) => link.claims.size > 0 && !link.isEnding)
    if (this.#unconfirmed !== undefined) {
      const gone = [...this.#unconfirmed].some((link) => !serving.includes(link))
      if (!gone) return
      this.#unconfirmed = undefined
    }
    if (serving.some(({ state }) => state !== 'exit-requested') || !this.#complete()) return
    if (serving.length <= 1) {
      this.#grant()
      return
    }
    this.#unconfirmed = new Set(serving)
    this.#rounds++
    for (const link of serving) link.send({ type: 'exit-check', round: this.#rounds })
  }

  #grant(): void {
    for (const link of this.#links) {
      if (link.state !== 'exit-requested') continue
      link.enter('exit-granted')
      link.send({ type: 'exit-granted' })
    }
  }
}

/**
 * Reports whether connections are piped to a process. A piped connection may arrive after a message; a sent one arrives
 * before it.
 */
function isPipedTo({ claims }: ProcessLink): boolean {
  return [...claims.values()].some((path) => path !== undefined)
}
