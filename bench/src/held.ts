import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
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
  /** Milliseconds from the decision until it was closed. Not a number that can be sent where it did not close: null. */
  duration: number | null
  /** The longest turn of its event loop meanwhile, in milliseconds. */
  stall: number
}

const SERVER = fileURLToPath(new URL('held-server.js', import.meta.url))

/** A server in a process of its own. */
export class HeldServer implements Disposable {
  readonly #process: ChildProcess

  constructor(wiring: Wiring) {
    this.#process = fork(SERVER, [wiring.subject], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
  }

  /** Resolves when it listens. */
  async port(): Promise<number> {
    return (await this.#heard()).port ?? 0
  }

  async ask(demand: Demand): Promise<Report> {
    const heard = this.#heard()
    this.#process.send(demand)
    return heard
  }

  async #heard(): Promise<Report> {
    const [report] = await once(this.#process, 'message')
    return report
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL')
  }
}
