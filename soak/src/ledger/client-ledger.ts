import type { CycleReport } from './report.ts'

/** One connection as its client saw it. Times are those of `now()`. */
export interface ClientConnection {
  readonly openedAt: number
  /** The client's port, once it is connected. */
  port?: number
  connectedAt?: number
}

/** The outcome of one request. */
export type Outcome =
  /** Answered once, in full, with its own response. */
  | 'answered'
  /** The client cut, reset or half-closed the connection, or the stream, before the response. */
  | 'abandoned'
  /** Never sent completely to a server: none listened, or the connection had ended before. */
  | 'unsent'
  /**
   * Sent after the server's last look at the connection, before its FIN, `Connection: close` or GOAWAY. No handler ran,
   * and the client sends the request again.
   */
  | 'late'
  | 'lost'

/** One request in the ledger. */
export class SentRequest {
  readonly id: number
  readonly what: string
  readonly connection: ClientConnection
  /** The time at which all of the request had been handed to the kernel. */
  writtenAt: number | undefined
  outcome: Outcome | 'open' | 'unanswered' = 'open'
  /** The end without a response, as the client saw it. */
  reason = ''

  constructor(id: number, what: string, connection: ClientConnection) {
    this.id = id
    this.what = what
    this.connection = connection
  }

  answered(): void {
    if (this.outcome === 'open') this.outcome = 'answered'
    // A request that its client abandoned may still be on its way.
    else if (this.outcome !== 'abandoned') this.#violate(`was answered, but was already ${this.outcome}`)
  }

  /** Marks the client as the cause of every later outcome. */
  abandon(): void {
    if (this.outcome === 'open') this.outcome = 'abandoned'
  }

  /**
   * Marks the request as unanswered for a reason other than its client. The server's report then decides the outcome.
   */
  unanswered(reason: string): void {
    if (this.outcome !== 'open') return
    this.outcome = 'unanswered'
    this.reason = reason
  }

  /**
   * Records input other than the expected response. Part of the response is enough for a request that was abandoned.
   */
  wrong(reason: string): void {
    if (this.outcome !== 'abandoned') this.#violate(reason)
  }

  #violate(reason: string): void {
    this.outcome = 'lost'
    this.reason = reason
  }
}

/** The requests that were sent to a server during one cycle. */
export class ClientLedger {
  readonly requests: SentRequest[] = []
  readonly #nextId: () => number

  constructor(nextId: () => number) {
    this.#nextId = nextId
  }

  begin(what: string, connection: ClientConnection): SentRequest {
    const request = new SentRequest(this.#nextId(), what, connection)
    this.requests.push(request)
    return request
  }

  /** Compares the clients' view with the server's, and returns the faults. */
  settle(report: CycleReport): string[] {
    const faults: string[] = []
    const handled = new Set<number>()
    for (const id of report.handled) {
      if (handled.has(id)) faults.push(`request ${id} reached the handler twice`)
      handled.add(id)
    }
    for (const request of this.requests) {
      const { id, what } = request
      if (request.outcome === 'answered' && !handled.has(id))
        request.wrong('was answered, but never reached the handler')
      if (request.outcome === 'open') request.wrong('its client left it open')
      if (request.outcome === 'unanswered') {
        const { outcome, because } = judge(request, report, handled)
        request.outcome = outcome
        if (because !== undefined) request.reason = `${because} (${request.reason})`
      }
      if (request.outcome === 'lost') faults.push(`request ${id} (${what}) was lost: ${request.reason}`)
    }
    return faults
  }

  /** Returns the number of requests with this outcome. */
  count(outcome: Outcome): number {
    return this.requests.filter((request) => request.outcome === outcome).length
  }
}

/**
 * Decides the outcome of an unanswered request.
 *
 * A request was sent completely to a running server if the kernel had all of its bytes before the server's last look at
 * the connection. This is the last look before the server's FIN, or before a response with `Connection: close` (HTTP/2:
 * before the first GOAWAY). The connection itself must have been there before the server's last look ahead of closing
 * its listener.
 *
 * Later bytes of the client do not matter. TCP answers data for a closed socket with RST, and the client then loses
 * responses that it has not read. So a server that has responded must not close before its client does.
 */
function judge(
  { id, writtenAt, connection: { openedAt, connectedAt, port } }: SentRequest,
  { accepted, listenerDown }: CycleReport,
  handled: ReadonlySet<number>,
): { outcome: 'unsent' | 'late' | 'lost'; because?: string } {
  if (connectedAt === undefined) return { outcome: 'unsent' }
  const acceptance = accepted.find((acceptance) => acceptance.port === port && acceptance.at >= openedAt)
  if (acceptance === undefined) {
    if (connectedAt >= listenerDown) return { outcome: 'unsent' }
    const early = (listenerDown - connectedAt).toFixed(2)
    return {
      outcome: 'lost',
      because: `connected ${early} ms before the listener closed, but never accepted`,
    }
  }
  const { cut } = acceptance
  const late = cut !== undefined && writtenAt !== undefined && writtenAt >= cut
  // The client cannot send a request again that may have had its effect.
  if (handled.has(id)) return { outcome: 'lost', because: 'reached the handler, but no response arrived' }
  if (writtenAt === undefined) return { outcome: 'unsent' }
  if (cut === undefined) return { outcome: 'lost', because: 'the server had not ended the connection' }
  if (late) return { outcome: 'late' }
  return { outcome: 'lost', because: `written ${(cut - writtenAt).toFixed(2)} ms before the last look of the server` }
}
