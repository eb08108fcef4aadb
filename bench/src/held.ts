import { Subprocess } from './subprocess.ts'
import type { Wiring } from './wirings.ts'

/** What a held server is asked. */
export type Demand = 'weigh' | 'count' | 'stop'

/** What it answers. */
export type Report = Partial<Readonly<Figures>>

interface Figures {
  port: number
  /** Bytes. */
  heap: number
  rss: number
  /** How many requests it has in hand. */
  held: number
  /** Milliseconds from the decision until it was closed; `Infinity` where it did not close. */
  duration: number
  /** The longest turn of its event loop meanwhile, in milliseconds. */
  stall: number
}

/** A server in a process of its own. */
export class HeldServer extends Subprocess<Demand, Report> {
  constructor(wiring: Wiring) {
    super('held-server.js', [wiring.subject], ['--expose-gc'])
  }

  /** Resolves when it listens. */
  async port(): Promise<number> {
    return (await this.heard()).port ?? 0
  }
}
