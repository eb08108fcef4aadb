import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Order } from './orders.ts'

const CLIENT = fileURLToPath(new URL('client.js', import.meta.url))

/** Clients in another process, which do what they are told, one order after the other. */
export class Clients implements Disposable {
  readonly #process: ChildProcess = fork(CLIENT, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })

  /** Resolves when it is done, with how many connections are open, or how many requests were answered. */
  async tell(order: Order): Promise<number> {
    this.#process.send(order)
    const [{ answered }] = await once(this.#process, 'message')
    return answered
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL')
  }
}
