import type { Contact } from './contact.ts'
import type { LifeReport } from './life-report.ts'

/** What became of one request. */
export type Outcome =
  /** Answered in full, once, with its own answer. */
  | 'answered'
  /** Its client cut, reset or half-closed the connection, or the stream, before the answer. */
  | 'given up'
  /** It never was completely sent to a living server: nobody listened, or the connection had ended before. */
  | 'unsent'
  /** It crossed the server's FIN or GOAWAY on its way, which HTTP lets happen. Its client sends it again. */
  | 'crossed'
  | 'lost'

/** One request that is accounted for. */
export class Attempt {
  readonly id: number
  readonly what: string
  readonly contact: Contact
  /** When all of it had been handed to the machine. */
  writtenAt: number | undefined
  outcome: Outcome | 'open' | 'unanswered' = 'open'
  /** How its client saw it end without an answer. */
  reason = ''

  constructor(id: number, what: string, contact: Contact) {
    this.id = id
    this.what = what
    this.contact = contact
  }

  answered(): void {
    if (this.outcome === 'open') this.outcome = 'answered'
    // One that was given up may be on its way.
    else if (this.outcome !== 'given up') this.#violate(`was answered when it was ${this.outcome} already`)
  }

  /** From now on its client is the reason for whatever becomes of it. */
  givenUp(): void {
    if (this.outcome === 'open') this.outcome = 'given up'
  }

  /** The connection or stream ended without an answer, and its client had not caused it: what its server saw decides. */
  unanswered(reason: string): void {
    if (this.outcome !== 'open') return
    this.outcome = 'unanswered'
    this.reason = reason
  }

  /** Something came that is not its answer: for a request that was given up, part of it is enough. */
  wrong(reason: string): void {
    if (this.outcome !== 'given up') this.#violate(reason)
  }

  #violate(reason: string): void {
    this.outcome = 'lost'
    this.reason = reason
  }
}

/** The requests that one life of a server was sent. */
export class Account {
  readonly attempts: Attempt[] = []
  readonly #nextId: () => number

  constructor(nextId: () => number) {
    this.#nextId = nextId
  }

  begin(what: string, contact: Contact): Attempt {
    const attempt = new Attempt(this.#nextId(), what, contact)
    this.attempts.push(attempt)
    return attempt
  }

  /** Compares what the clients saw with what the server saw. Gives what must not be. */
  settle(report: LifeReport): string[] {
    const faults: string[] = []
    const handled = new Set<number>()
    for (const id of report.handled) {
      if (handled.has(id)) faults.push(`request ${id} reached the handler twice`)
      handled.add(id)
    }
    for (const attempt of this.attempts) {
      const { id, what } = attempt
      if (attempt.outcome === 'answered' && !handled.has(id))
        attempt.wrong('was answered, but never reached the handler')
      if (attempt.outcome === 'open') attempt.wrong('was left open by its client')
      if (attempt.outcome === 'unanswered') {
        const { outcome, because } = judge(attempt, report, handled)
        attempt.outcome = outcome
        if (because !== undefined) attempt.reason = `${because} (${attempt.reason})`
      }
      if (attempt.outcome === 'lost') faults.push(`request ${id} (${what}) was lost: ${attempt.reason}`)
    }
    return faults
  }

  /** How many had this outcome. */
  count(outcome: Outcome): number {
    return this.attempts.filter((attempt) => attempt.outcome === outcome).length
  }
}

/**
 * A request was completely sent to a living server when all of its bytes had reached the machine before the server last
 * looked for what had arrived on this connection, ahead of its FIN or of an answer that says `Connection: close` (HTTP/2: its
 * first GOAWAY); and a connection, when it was there before the server last looked for such ahead of taking its listener down.
 *
 * Whatever its client sends on: to bytes that find a socket closed TCP answers with RST, at which answers that wait to be read are
 * lost. So a server that has answered does not close before its client does.
 */
function judge(
  { id, writtenAt, contact: { openedAt, connectedAt, port } }: Attempt,
  { accepted, listenerDown }: LifeReport,
  handled: ReadonlySet<number>,
): { outcome: 'unsent' | 'crossed' | 'lost'; because?: string } {
  if (connectedAt === undefined) return { outcome: 'unsent' }
  const acceptance = accepted.find((acceptance) => acceptance.port === port && acceptance.at >= openedAt)
  if (acceptance === undefined) {
    if (connectedAt >= listenerDown) return { outcome: 'unsent' }
    const early = (listenerDown - connectedAt).toFixed(2)
    return {
      outcome: 'lost',
      because: `it was connected ${early} ms before the listener went down, and never accepted`,
    }
  }
  const { cut } = acceptance
  const crossed = cut !== undefined && writtenAt !== undefined && writtenAt >= cut
  if (handled.has(id) && !crossed) return { outcome: 'lost', because: 'it reached the handler, and no answer came' }
  if (writtenAt === undefined) return { outcome: 'unsent' }
  if (cut === undefined) return { outcome: 'lost', because: 'the server had not ended the connection' }
  if (crossed) return { outcome: 'crossed' }
  return { outcome: 'lost', because: `it was written ${(cut - writtenAt).toFixed(2)} ms before the server last looked` }
}
