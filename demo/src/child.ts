import { type ChildProcess, fork } from 'node:child_process'
import type { Explanation } from '@idle-shutdown/core'
import type { Ending } from './ending.ts'
import type { Report } from './servers/report.ts'

/** One server of the demo in a process of its own, as seen from outside: by what it reports, and by how it ends. */
export class Child {
  /** Resolves with the server's origin, or with undefined where the process ends before it listens. */
  readonly listening: Promise<string | undefined>
  /** Resolves when the server says that it is idle, which may be never. */
  readonly idle: Promise<void>
  /** Resolves when the process is gone. */
  readonly ended: Promise<Ending>
  /** What held the server when it last said so. */
  explanation: Explanation | undefined
  /** When it was idle (`performance.now()`). */
  idleAt: number | undefined
  /** What became of its drain. */
  drain: Extract<Report, { kind: 'closed' }>['figures'] | undefined
  ending: Ending | undefined
  /** When it was gone (`performance.now()`). */
  endedAt: number | undefined
  /** What it wrote: warnings, or why it failed. */
  output = ''
  readonly #process: ChildProcess
  #killed = false
  #listens: (origin: string | undefined) => void = () => {}
  #isIdle: () => void = () => {}

  /** Starts the program at `url`, with a patience in milliseconds. */
  constructor(url: URL, patience: number) {
    this.#process = fork(url, {
      env: { ...process.env, PATIENCE: `${patience}ms` },
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

  /** Ends the process, if it lives. */
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
    // A process may be gone before what it wrote and sent has been read.
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
