import { once } from 'node:events'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { type Exchange, Http2Client } from '@idle-shutdown/conformance/program'
import type { Attempt } from '../account.ts'
import type { Contact } from '../contact.ts'
import { answerTo, type Errand, pathOf } from '../errand.ts'
import { now } from '../now.ts'
import type { Visit } from './visit.ts'

/** One HTTP/2 session with the server under test. Every stream is in the account. */
export class Session {
  readonly #contact: Contact = { openedAt: now() }
  readonly #visit: Visit
  readonly #attempts = new Set<Attempt>()
  readonly #client: Http2Client

  private constructor(visit: Visit) {
    this.#visit = visit
    this.#client = new Http2Client(visit.address, visit.secure)
  }

  /** Connects. If no server listens, its requests count as unsent. */
  static async open(visit: Visit): Promise<Session> {
    const session = new Session(visit)
    const contact = session.#contact
    const { session: http2 } = session.#client
    http2.once('connect', () => {
      contact.connectedAt = now()
      const { localPort } = http2.socket
      if (localPort !== undefined) contact.port = localPort
    })
    const settled = once(http2, 'remoteSettings').catch(() => {})
    await Promise.race([settled, session.#client.ended])
    if (!session.#client.connected) visit.nobody()
    return session
  }

  /** Opens one stream and reads its response. Reports whether another stream may follow. */
  async ask(what: string, resets = 0.15): Promise<boolean> {
    const { random, account } = this.#visit
    const attempt = account.begin(what, this.#contact)
    this.#attempts.add(attempt)
    const slow = random.chance(0.1)
    const errand: Errand = {
      id: attempt.id,
      // A slow reader requests more than its window holds. Node would drop a complete response unread.
      size: slow || random.chance(0.1) ? random.between(200_000, 1_000_000) : random.between(0, 300),
      delay: random.chance(0.4) ? random.between(1, 15) : 0,
      spin: random.chance(0.05) ? random.between(1, 3) : 0,
    }
    const body = random.chance(0.3) ? 'u'.repeat(random.between(0, 100_000)) : undefined
    const reset = random.chance(resets)
    const unfinished = reset && body !== undefined && random.chance(0.5)
    if (!this.#client.connected) {
      attempt.unanswered('the session had ended')
      return false
    }
    const exchange = this.#client.ask(pathOf(errand), {
      ...(body === undefined ? {} : { method: 'POST', body }),
      slow,
      unfinished,
    })
    const outcome = this.#outcome(exchange, attempt, answerTo(errand, body?.length ?? 0))
    void this.#written(attempt)
    if (reset) {
      if (random.chance(0.5)) await delay(random.between(0, 10))
      attempt.givenUp()
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

  giveUp(): void {
    for (const attempt of this.#attempts) attempt.givenUp()
    this.#client.destroy()
  }

  async #outcome(exchange: Exchange, attempt: Attempt, expected: string): Promise<boolean> {
    try {
      const { status, body } = await exchange.answer
      if (attempt.outcome === 'given up') return true
      if (status === 200 && body === expected) attempt.answered()
      else attempt.wrong(`what came was not its answer: ${status} ${JSON.stringify(body.slice(0, 200))}`)
      return true
    } catch (error) {
      attempt.unanswered(String(error))
      return false
    }
  }

  /** Records the time. Node hands a request of this turn to the kernel by the end of the next turn. */
  async #written(attempt: Attempt): Promise<void> {
    await turn()
    await turn()
    attempt.writtenAt = now()
  }
}
