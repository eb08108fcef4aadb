import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@idle-shutdown/conformance/program'

const COMMAND = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../../programs/answer.mjs', import.meta.url))

/** The way in which a program gets its connections: as sockets, or over a private path, as behind npm or a shell. */
export type Mode = 'direct' | 'piped'

/** `idle-shutdown run` in its own process. */
export class Supervisor {
  readonly port: number
  readonly #process: ChildProcess
  readonly #directory: string
  readonly #closed: Promise<unknown>
  #output = ''

  /**
   * Resolves once the supervisor holds a free port. Programs are idle after `patience` ms, and allow `most`
   * connections.
   */
  static async start(mode: Mode, patience: number, most: number): Promise<Supervisor> {
    const supervisor = new Supervisor(await freePort(), mode, patience, most)
    while (!supervisor.#output.includes('"listening"')) {
      if (supervisor.#process.exitCode !== null) throw new Error(`did not start: ${supervisor.#output}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return supervisor
  }

  private constructor(port: number, mode: Mode, patience: number, most: number) {
    this.port = port
    this.#directory = mkdtempSync(join(tmpdir(), 'idle-shutdown-soak-'))
    writeFileSync(this.#ledger, '')
    const program = [process.execPath, PROGRAM, this.#ledger, String(most)]
    const command = mode === 'direct' ? program : ['sh', '-c', `'${program.join("' '")}'; exit 0`]
    const listen = ['--listen', `127.0.0.1:${port}`, '--patience', `${patience}ms`, '--json']
    this.#process = spawn(process.execPath, [COMMAND, 'run', ...listen, '--', ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
    }
    this.#closed = once(this.#process, 'close')
  }

  /** Returns how many times an event has been printed. */
  count(event: string): number {
    return this.#output.split(`"event":"${event}"`).length - 1
  }

  /** The ids of the requests that programs have seen, in order. */
  get noted(): string[] {
    return readFileSync(this.#ledger, 'utf8').split('\n').slice(0, -1)
  }

  /** Ends the supervisor and the processes that it started. */
  async stop(): Promise<void> {
    this.#process.kill('SIGTERM')
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), 20_000)
    await this.#closed
    clearTimeout(kill)
    rmSync(this.#directory, { recursive: true, force: true })
  }

  get #ledger(): string {
    return join(this.#directory, 'ledger')
  }
}
