import type { Answer } from './answers.ts'
import type { Request } from './request.ts'

/**
 * Outcomes of requests.
 *
 * - `answered`: the response reports exactly what the request sent
 *
 * - `repeated`: a response with `Connection: close` preceded it on the connection, so its client sends it again
 *   (RFC 9112, section 9.6)
 *
 * - `dropped`: its connection was new, and Node dropped it, since the server was full
 *
 * - `crossed`: the response of another request, or a cookie of another client
 *
 * - `split`: its server saw another body or method, or took part of the request for a whole one or for none
 *
 * - `lost`: no response
 *
 * A program notes each dropped connection. Nothing else excuses a missing response: a program that ends loses none, and
 * a kept connection is never dropped.
 */
export type Outcome = 'answered' | 'repeated' | 'dropped' | 'crossed' | 'split' | 'lost'

/** Counts outcomes, and keeps the first faults. */
export class Tally {
  readonly counts: Record<Outcome, number> = { answered: 0, repeated: 0, dropped: 0, crossed: 0, split: 0, lost: 0 }
  readonly faults: string[] = []
  #drops = 0

  /** Compares a response with the one that `request` expects. */
  judge(request: Request, { status, body }: Answer): void {
    if (status === 200 && body === request.expected) this.counts.answered++
    else if (status !== 200) this.#fault('split', `${request.id} was answered with ${status}: ${body}`)
    else if (idOf(body) !== request.id) this.#fault('crossed', `${request.id} was answered with ${body}`)
    else this.#fault('split', `${request.id} was received as ${body}, but was sent as ${request.expected}`)
  }

  /** Records a response that belongs to no request. */
  unasked({ body }: Answer): void {
    this.#fault('split', `a response without a request: ${body}`)
  }

  missing(request: Request, why: string): void {
    this.#fault('lost', `${request.id} has no response: ${why}`)
  }

  repeated(): void {
    this.counts.repeated++
  }

  /** Records that a new connection has ended without a byte. */
  dropped(requests: number): void {
    this.counts.dropped += requests
    this.#drops++
  }

  /** Compares the tally with the notes of the programs: each request once, no other, and each dropped connection. */
  settle(noted: readonly string[]): void {
    const seen = new Set<string>()
    const drops = noted.filter((line) => line === 'drop').length
    if (this.#drops > drops)
      this.#fault('lost', `${this.#drops} connections ended at once, but only ${drops} were dropped`)
    for (const id of noted) {
      if (id === 'drop') continue
      if (id.startsWith('none')) this.#fault('split', `a program received a request that no client sent (${id})`)
      if (seen.has(id)) this.#fault('split', `a program received ${id} twice`)
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
