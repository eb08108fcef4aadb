import type { Answer } from './answers.ts'
import type { Request } from './request.ts'

/**
 * Outcomes of requests.
 *
 * - `answered`: with what its server saw of it, which is all of it.
 * - `repeated`: its connection carried an answer with `Connection: close` ahead of it. RFC 9112 (9.6) lets a server leave such
 *   a request unanswered, and its client sends it again.
 * - `dropped`: its connection was new, and Node dropped it, since the server was full. A program notes each of these.
 *   Nothing else excuses a missing answer: a program that ends loses none, and a kept connection is never dropped.
 * - `crossed`: another request's answer, or a cookie of another client.
 * - `split`: its server saw another body or method, or took a part of it for a request or for none.
 * - `lost`: no answer.
 */
export type Outcome = 'answered' | 'repeated' | 'dropped' | 'crossed' | 'split' | 'lost'

/** Counts outcomes, and remembers the first faults. */
export class Tally {
  readonly counts: Record<Outcome, number> = { answered: 0, repeated: 0, dropped: 0, crossed: 0, split: 0, lost: 0 }
  readonly faults: string[] = []
  #drops = 0

  /** An answer has come in the place of the answer to `request`. */
  judge(request: Request, { status, body }: Answer): void {
    if (status === 200 && body === request.expected) this.counts.answered++
    else if (status !== 200) this.#fault('split', `${request.id} was answered with ${status}: ${body}`)
    else if (idOf(body) !== request.id) this.#fault('crossed', `${request.id} was answered with ${body}`)
    else this.#fault('split', `${request.id} was seen as ${body}, and is ${request.expected}`)
  }

  /** An answer has come to no request. */
  unasked({ body }: Answer): void {
    this.#fault('split', `an answer to no request: ${body}`)
  }

  missing(request: Request, why: string): void {
    this.#fault('lost', `${request.id} has no answer: ${why}`)
  }

  repeated(): void {
    this.counts.repeated++
  }

  /** A new connection has ended without a byte. */
  dropped(requests: number): void {
    this.counts.dropped += requests
    this.#drops++
  }

  /** Compares with what the programs noted: each request once, no other, and each connection that was dropped. */
  settle(noted: readonly string[]): void {
    const seen = new Set<string>()
    const drops = noted.filter((line) => line === 'drop').length
    if (this.#drops > drops) this.#fault('lost', `${this.#drops} connections ended at once, and ${drops} were dropped`)
    for (const id of noted) {
      if (id === 'drop') continue
      if (id.startsWith('none')) this.#fault('split', `a program saw a request that was none (${id})`)
      if (seen.has(id)) this.#fault('split', `a program saw ${id} twice`)
      seen.add(id)
    }
  }

  #fault(outcome: 'crossed' | 'split' | 'lost', what: string): void {
    this.counts[outcome]++
    if (this.faults.length < 15) this.faults.push(`${outcome}: ${what}`)
  }
}

function idOf(body: string): unknown {
  try {
    return Object(JSON.parse(body)).id
  } catch {
    return undefined
  }
}
