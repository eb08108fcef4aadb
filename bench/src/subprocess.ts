import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Another process of a benchmark, which handles one order after the other and answers each. */
export class Subprocess<Order extends Serializable, Answer> implements Disposable {
  readonly #process: ChildProcess
  readonly #ended = new AbortController()

  /** Runs a program of this folder. */
  constructor(program: string, args: readonly string[], execArgv: readonly string[] = process.execArgv) {
    this.#process = fork(fileURLToPath(new URL(program, import.meta.url)), args, {
      execArgv: [...execArgv],
      // JSON has neither NaN nor Infinity.
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#process.once('exit', (code) => this.#ended.abort(new Error(`${program} ended with ${code}`)))
  }

  /** Sends an order and resolves with the answer. Rejects if the process ends first. */
  async tell(order: Order): Promise<Answer> {
    const heard = this.heard()
    this.#process.send(order)
    return heard
  }

  /** Resolves with the next message. */
  async heard(): Promise<Answer> {
    const [answer] = await once(this.#process, 'message', { signal: this.#ended.signal })
    return answer
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL')
  }
}
