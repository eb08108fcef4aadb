import { fileURLToPath } from 'node:url'
import { Program } from '@idle-shutdown/testing'
import type { FromServer, ToServer } from '../ledger/report.ts'

/** A subject's server in its own process, seen from outside. */
export class ServerProcess {
  /** Resolves with the exit code, or with the signal that ended the process. */
  readonly exit: Promise<number | NodeJS.Signals>
  readonly #program: Program
  readonly #messages: FromServer[] = []
  #changed = (): void => {}
  #gone = false

  constructor(subject: string, patience: number) {
    const program = new URL('./main.js', import.meta.url)
    // The process stays alive after an idle end on purpose, so that leaks add up.
    const flags = ['--expose-gc', '--disable-warning=IDLE_STILL_RUNNING']
    this.#program = new Program([...flags, fileURLToPath(program), subject, String(patience)], {
      // Express logs every client error unless NODE_ENV is 'test'.
      env: { NODE_ENV: 'test' },
      ipc: true,
      limit: Infinity,
    })
    this.#program.child.on('message', (message) => {
      if (!isFromServer(message)) return
      this.#messages.push(message)
      this.#changed()
    })
    this.exit = this.#end()
  }

  /** The output of the process. A correct server prints nothing. */
  get output(): string {
    return this.#program.output
  }

  send(message: ToServer): void {
    const { child } = this.#program
    if (child.connected) child.send(message, undefined, undefined, () => {})
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
    this.#program.kill('SIGKILL')
  }

  async #end(): Promise<number | NodeJS.Signals> {
    const { code, signal } = await this.#program.ended
    this.#gone = true
    this.#changed()
    return code ?? signal ?? 'SIGKILL'
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
