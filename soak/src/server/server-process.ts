import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { FromServer, ToServer } from '../ledger/report.ts'

/** A subject's server in its own process, seen from outside. */
export class ServerProcess {
  /** Resolves with the exit code, or with the signal that ended the process. */
  readonly exit: Promise<number | NodeJS.Signals>
  /** The output of the process. A correct server prints nothing. */
  output = ''
  readonly #process: ChildProcess
  readonly #messages: FromServer[] = []
  #changed = (): void => {}
  #gone = false

  constructor(subject: string, patience: number) {
    const program = new URL('./main.js', import.meta.url)
    this.#process = fork(program, [subject, String(patience)], {
      // The process stays alive after an idle end on purpose, so that leaks add up.
      execArgv: ['--expose-gc', '--disable-warning=IDLE_STILL_RUNNING'],
      // Express logs every client error unless NODE_ENV is 'test'.
      env: { ...process.env, NODE_ENV: 'test' },
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#process.on('message', (message) => {
      if (!isFromServer(message)) return
      this.#messages.push(message)
      this.#changed()
    })
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    }
    this.exit = this.#end()
  }

  send(message: ToServer): void {
    if (this.#process.connected) this.#process.send(message, undefined, undefined, () => {})
  }

  /**
   * Returns the next message of this kind, and drops earlier ones of other kinds. Returns undefined if the process ends
   * first, or after `ms`.
   */
  async next<K extends FromServer['kind']>(kind: K, ms: number): Promise<Extract<FromServer, { kind: K }> | undefined> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#changed()
    }, ms)
    try {
      for (;;) {
        for (let message = this.#messages.shift(); message !== undefined; message = this.#messages.shift()) {
          if (isOfKind(message, kind)) return message
        }
        if (late || this.#gone) return undefined
        await new Promise<void>((resolve) => {
          this.#changed = resolve
        })
      }
    } finally {
      clearTimeout(timer)
    }
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  async #end(): Promise<number | NodeJS.Signals> {
    const child = this.#process
    // The process may exit before its output has been read.
    const closed = once(child, 'close')
    const exit = await new Promise<number | NodeJS.Signals>((resolve, reject) => {
      child.once('exit', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'))
      child.once('error', reject)
    })
    await closed
    this.#gone = true
    this.#changed()
    return exit
  }
}

function isFromServer(message: unknown): message is FromServer {
  return typeof message === 'object' && message !== null && 'kind' in message
}

function isOfKind<K extends FromServer['kind']>(
  message: FromServer,
  kind: K,
): message is Extract<FromServer, { kind: K }> {
  return message.kind === kind
}
