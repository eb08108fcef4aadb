import { Subprocess } from './subprocess.ts'
import type { Wiring } from './wirings.ts'

/** The messages to a held server. */
export type Demand = 'weigh' | 'count' | 'stop'

/** The answer of a held server. */
export type Report = Partial<Readonly<Figures>>

interface Figures {
  port: number
  /** Bytes. */
  heap: number
  rss: number
  /** The number of requests in progress. */
  held: number
  /** Milliseconds from the decision until the server was closed, or `Infinity` if it did not close. */
  duration: number
  /** The longest turn of the event loop during the close, in milliseconds. */
  stall: number
}

/** A server in its own process. */
export class HeldServer extends Subprocess<Demand, Report> {
  constructor(wiring: Wiring) {
    super('held-server.js', [wiring.subject], ['--expose-gc'])
  }

  /** Resolves once the server listens. */
  async port(): Promise<number> {
    return (await this.heard()).port ?? 0
  }
}
