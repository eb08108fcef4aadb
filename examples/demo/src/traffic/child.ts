import { type ChildProcess, fork } from 'node:child_process'
import type { Explanation } from '@idle-shutdown/core'
import type { Ending } from '../result/result.ts'
import type { Report } from '../servers/report.ts'

/** One server of the demo in its own process, seen from outside through its reports and its end. */
export class Child {
  /** Resolves with the server's origin, or with undefined if the process ends before it listens. */
  readonly listening: Promise<string | undefined>
  /** Resolves when the server reports that it is idle, which may be never. */
  readonly idle: Promise<void>
  /** Resolves when the process has ended. */
  readonly ended: Promise<Ending>
  /** The server's last report of what keeps it running. */
  explanation: Explanation | undefined
  /** The time of the idle report (`performance.now()`). */
  idleAt: number | undefined
  /** The figures of the drain. */
  drain: Extract<Report, { kind: 'closed' }>['figures'] | undefined
  ending: Ending | undefined
  /** The time at which the process had ended (`performance.now()`). */
  endedAt: number | undefined
  /** The output of the process: warnings, or the reason of a failure. */
  output = ''
  readonly #process: ChildProcess
  #killed = false
  #listens: (origin: string | undefined) => void = () => {}
  #isIdle: () => void = () => {}

  /** Starts the program at `url`, with a patience in milliseconds. */
  constructor(url: URL, patience: number) {
    this.#process = fork(url, {
      env: { ...process.env, PATIENCE: `${patience}` },
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.listening = new Promise((resolve) => {
      this.#listens = resolve
    })
    this.idle = new Promise((resolve) => {
      this.#isIdle = resolve
    })
    this.ended = this.#end()
    void this.ended.then(() => this.#listens(undefined))

    this.#process.on('message', (message) => {
      if (isReport(message)) this.#receive(message)
    })
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    }
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Ends the process if it still runs. */
  kill(signal: NodeJS.Signals): void {
    if (this.ending !== undefined) return
    this.#killed = true
    this.#process.kill(signal)
  }

  #receive(report: Report): void {
    switch (report.kind) {
      case 'listening':
        this.#listens(report.origin)
        break
      case 'explanation':
        this.explanation = report.explanation
        break
      case 'idle':
        this.idleAt = performance.now()
        this.#isIdle()
        break
      case 'closed':
        this.drain = report.figures
    }
  }

  async #end(): Promise<Ending> {
    const child = this.#process
    const happens = (event: string): Promise<void> => new Promise((resolve) => child.once(event, () => resolve()))
    // The process may exit before its output and messages have been read.
    const read = Promise.all([happens('close'), happens('disconnect')])
    const ending = await new Promise<Ending>((resolve) => {
      const end = (exit: Ending['exit']): void => {
        this.endedAt = performance.now()
        resolve({ exit, byItself: !this.#killed })
      }
      child.once('exit', (code, signal) => end(code ?? signal))
      child.once('error', (error) => {
        this.output += `${error.message}\n`
        end(null)
      })
    })
    if (ending.exit !== null) await read
    this.ending = ending
    return ending
  }
}

function isReport(message: unknown): message is Report {
  return typeof message === 'object' && message !== null && 'kind' in message
}
