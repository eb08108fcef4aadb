import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, Program } from '@idle-shutdown/testing'

const COMMAND = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../../programs/answer.mjs', import.meta.url))

/** The way in which a program gets its connections: as sockets, or over a private path, as behind npm or a shell. */
export type Mode = 'direct' | 'piped'

/** `idle-shutdown run` in its own process. */
export class Supervisor {
  readonly port: number
  readonly #program: Program
  readonly #directory: string

  /**
   * Resolves once the supervisor holds a free port. Programs are idle after `patience` ms, and allow `most`
   * connections.
   */
  static async start(mode: Mode, patience: number, most: number): Promise<Supervisor> {
    const supervisor = new Supervisor(await freePort(), mode, patience, most)
    await supervisor.#program.printed(/"listening"/)
    return supervisor
  }

  private constructor(port: number, mode: Mode, patience: number, most: number) {
    this.port = port
    this.#directory = mkdtempSync(join(tmpdir(), 'idle-shutdown-soak-'))
    writeFileSync(this.#ledger, '')
    const program = [process.execPath, PROGRAM, this.#ledger, String(most)]
    const command = mode === 'direct' ? program : ['sh', '-c', `'${program.join("' '")}'; exit 0`]
    const listen = ['--listen', `127.0.0.1:${port}`, '--patience', `${patience}ms`, '--json']
    this.#program = new Program([COMMAND, 'run', ...listen, '--', ...command], { limit: Infinity })
  }

  /** Returns how many times an event has been printed. */
  count(event: string): number {
    return this.#program.output.split(`"event":"${event}"`).length - 1
  }

  /** The ids of the requests that programs have seen, in order. */
  get noted(): string[] {
    return readFileSync(this.#ledger, 'utf8').split('\n').slice(0, -1)
  }

  /** Ends the supervisor and the processes that it started. */
  async stop(): Promise<void> {
    this.#program.kill('SIGTERM')
    const kill = setTimeout(() => this.#program.kill('SIGKILL'), 20_000)
    await this.#program.ended
    clearTimeout(kill)
    rmSync(this.#directory, { recursive: true, force: true })
  }

  get #ledger(): string {
    return join(this.#directory, 'ledger')
  }
}
