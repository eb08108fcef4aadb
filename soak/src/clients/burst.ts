import { setTimeout as delay } from 'node:timers/promises'
import type { Subject } from '@idle-shutdown/conformance'
import type { Address } from '@idle-shutdown/testing'
import type { ClientLedger } from '../ledger/client-ledger.ts'
import { now } from '../ledger/report.ts'
import { type Mix, mixes } from './mixes.ts'
import type { Random } from './random.ts'
import { fresh } from './requests.ts'
import type { Client, Visit } from './visit.ts'

/** Options of a {@link Burst}. */
export interface BurstOptions {
  readonly subject: Subject
  readonly address: Address
  readonly ledger: ClientLedger
  readonly patience: number
  /** Returns the random numbers of this cycle for a name. */
  readonly random: (name: string) => Random
  /** The number of requests of the last cycle that are sent again. */
  readonly again: number
  /** Fewer malformed inputs than planned have been sent. */
  readonly isShortOfInputs: boolean
  malformed(): void
  /** Closes the server now. */
  close(): void
}

/** The number of concurrent clients. */
const WORKERS = 14

/**
 * The factor by which a burst grows if malformed inputs are behind. Many inputs take less time than the end of a cycle.
 */
const LONGER = 4

/** The longest time (ms) that a visit may take. */
const TOO_LONG = 15_000

/** The traffic of one cycle of a server: a burst of clients, a few more near the deadline, then silence. */
export class Burst {
  /** Resolves with the names of clients that never ended. */
  readonly over: Promise<string[]>
  readonly #options: BurstOptions
  readonly #stuck: string[] = []
  #listening = true

  constructor(options: BurstOptions) {
    this.#options = options
    this.over = this.#play()
  }

  async #play(): Promise<string[]> {
    const { random, subject, again, close } = this.#options
    const own = random('burst')
    const length = own.between(40, 150) * (this.#options.isShortOfInputs ? LONGER : 1)
    const until = now() + length
    // Closes a quarter of the servers while requests are in progress.
    const closing = own.chance(0.25) ? setTimeout(close, own.between(1, length)) : undefined
    const workers = Array.from({ length: WORKERS }, (_, index) => this.#work(`worker ${index}`, until))
    if (subject.protocol === 'http/1.1')
      for (let rest = again; rest > 0; rest--) workers.push(this.#visit(fresh, random(`again ${rest}`)))
    await Promise.all(workers)
    clearTimeout(closing)
    const { edge } = this.#mix
    if (this.#listening) await Promise.all([0, 1, 2].map((index) => this.#visit(edge, random(`edge ${index}`))))
    return this.#stuck
  }

  get #protocol(): keyof typeof mixes {
    return this.#options.subject.protocol === 'h2' ? 'h2' : 'http/1.1'
  }

  get #mix(): (typeof mixes)['h2'] {
    return mixes[this.#protocol]
  }

  async #work(name: string, until: number): Promise<void> {
    const random = this.#options.random(name)
    const { mix, malformed } = this.#mix
    const share = this.#options.isShortOfInputs ? 0.7 : 0.1
    while (this.#listening && now() < until) {
      await this.#visit(random.chance(share) ? malformed : pick(mix, random), random)
    }
  }

  async #visit(client: Client, random: Random): Promise<void> {
    const { subject, address, ledger, patience, malformed } = this.#options
    const visit: Visit = {
      address,
      secure: subject.secure,
      protocol: this.#protocol,
      random,
      ledger,
      patience,
      malformed,
      notListening: () => {
        this.#listening = false
      },
    }
    const waited = new AbortController()
    const late = delay(TOO_LONG, true, { signal: waited.signal }).catch(() => false)
    if (await Promise.race([client(visit).then(() => false), late])) this.#stuck.push(client.name)
    waited.abort()
  }
}

function pick(mix: Mix, random: Random): Client {
  const total = mix.reduce((sum, [share]) => sum + share, 0)
  let rest = random.next() * total
  for (const [share, client] of mix) {
    rest -= share
    if (rest < 0) return client
  }
  throw new Error('Shares are positive')
}
