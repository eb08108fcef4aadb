import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Another process of a benchmark, which handles one command after the other and answers each. */
export class Subprocess<Command extends Serializable, Answer> implements Disposable {
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

  /** Sends a command and resolves with the answer. Rejects if the process ends first. */
  async send(command: Command): Promise<Answer> {
    const answer = this.nextMessage()
    this.#process.send(command)
    return answer
  }

  /** Resolves with the next message. */
  async nextMessage(): Promise<Answer> {
    const [answer] = await once(this.#process, 'message', { signal: this.#ended.signal })
    return answer
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL')
  }
}
