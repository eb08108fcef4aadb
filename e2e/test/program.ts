import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** The end of a program, and its output. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A Node program in its own process. */
export class Program {
  /** Resolves when the process has ended and its output is read. */
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''

  /**
   * Starts `node file`, or `node` with several arguments, in `cwd`, with `env` added to this process's environment.
   * Kills the program if it does not end within `limit` ms.
   */
  constructor(file: string | readonly string[], env: NodeJS.ProcessEnv = {}, limit = 15_000, cwd?: string) {
    // Removes options of the test runner, which would cause a warning in the program.
    const { NODE_OPTIONS: _, ...own } = process.env
    this.#child = spawn(process.execPath, typeof file === 'string' ? [file] : file, {
      env: { ...own, ...env },
      ...(cwd !== undefined && { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), limit)
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      clearTimeout(killer)
      return { code, signal, stdout: this.#stdout, stderr: this.#stderr }
    })
  }

  /** Returns the first match of `pattern` in past or future output. Rejects if the program ends without a match. */
  async printed(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#stdout)
      if (match !== null) return match[0]
      const ended = await Promise.race([
        this.ended,
        once(this.#child.stdout ?? this.#child, 'data').then(() => undefined),
      ])
      if (ended !== undefined && !pattern.test(this.#stdout)) {
        throw new Error(
          `ended with ${ended.code ?? ended.signal} before it printed ${pattern}:\n${ended.stdout}${ended.stderr}`,
        )
      }
    }
  }

  /** The output so far. */
  get output(): string {
    return this.#stdout
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

/** The end of an idle program: nothing on stderr, and code 0. */
export const endedByItself: Partial<Ending> = { code: 0, signal: null, stderr: '' }
