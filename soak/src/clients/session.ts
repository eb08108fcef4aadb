import { once } from 'node:events'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { type Exchange, Http2Client } from '@idle-shutdown/testing'
import type { ClientConnection, SentRequest } from '../ledger/client-ledger.ts'
import { now } from '../ledger/report.ts'
import { answerTo, pathOf, type RequestSpec } from '../ledger/request-spec.ts'
import type { Visit } from './visit.ts'

/** One HTTP/2 session with the server under test. Every stream is in the ledger. */
export class Session {
  readonly #connection: ClientConnection = { openedAt: now() }
  readonly #visit: Visit
  readonly #requests = new Set<SentRequest>()
  readonly #client: Http2Client

  private constructor(visit: Visit) {
    this.#visit = visit
    this.#client = new Http2Client(visit.address, visit.secure)
  }

  /** Connects. If no server listens, its requests count as unsent. */
  static async open(visit: Visit): Promise<Session> {
    const session = new Session(visit)
    const connection = session.#connection
    const { session: http2 } = session.#client
    http2.once('connect', () => {
      connection.connectedAt = now()
      const { localPort } = http2.socket
      if (localPort !== undefined) connection.port = localPort
    })
    const settled = once(http2, 'remoteSettings').catch(() => {})
    await Promise.race([settled, session.#client.ended])
    if (!session.#client.connected) visit.notListening()
    return session
  }

  /** Opens one stream and reads its response. Reports whether another stream may follow. */
  async ask(what: string, resets = 0.15): Promise<boolean> {
    const { random, ledger } = this.#visit
    const request = ledger.begin(what, this.#connection)
    this.#requests.add(request)
    const slow = random.chance(0.1)
    const spec: RequestSpec = {
      id: request.id,
      // A slow reader requests more than its window holds. Node would drop a complete response unread.
      size: slow || random.chance(0.1) ? random.between(200_000, 1_000_000) : random.between(0, 300),
      delay: random.chance(0.4) ? random.between(1, 15) : 0,
      spin: random.chance(0.05) ? random.between(1, 3) : 0,
    }
    const body = random.chance(0.3) ? 'u'.repeat(random.between(0, 100_000)) : undefined
    const reset = random.chance(resets)
    const unfinished = reset && body !== undefined && random.chance(0.5)
    if (!this.#client.connected) {
      request.unanswered('the session had ended')
      return false
    }
    const exchange = this.#client.ask(pathOf(spec), {
      ...(body === undefined ? {} : { method: 'POST', body }),
      slow,
      unfinished,
    })
    const outcome = this.#outcome(exchange, request, answerTo(spec, body?.length ?? 0))
    void this.#written(request)
    if (reset) {
      if (random.chance(0.5)) await delay(random.between(0, 10))
      request.abandon()
      exchange.abort()
      exchange.read()
      await outcome
      return this.#client.connected
    }
    if (slow) await delay(random.between(5, 100))
    exchange.read()
    return (await outcome) && this.#client.connected
  }

  async ping(): Promise<void> {
    if (this.#client.connected) await this.#client.ping().catch(() => {})
  }

  /** Ends a session without streams in progress. */
  leave(): void {
    this.#client.destroy()
  }

  abandon(): void {
    for (const request of this.#requests) request.abandon()
    this.#client.destroy()
  }

  async #outcome(exchange: Exchange, request: SentRequest, expected: string): Promise<boolean> {
    try {
      const { status, body } = await exchange.answer
      if (request.outcome === 'abandoned') return true
      if (status === 200 && body === expected) request.answered()
      else request.wrong(`the data is not the expected response: ${status} ${JSON.stringify(body.slice(0, 200))}`)
      return true
    } catch (error) {
      request.unanswered(String(error))
      return false
    }
  }

  /** Records the time. Node hands a request of this turn to the kernel by the end of the next turn. */
  async #written(request: SentRequest): Promise<void> {
    await turn()
    await turn()
    request.writtenAt = now()
  }
}
