import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll } from 'vitest'

/** The preload, as an argument of `--import`. */
export const REGISTER: string = pathToFileURL(join(import.meta.dirname, '../dist/register/index.js')).href

// Not killed when the test ends: tests that run at the same time share their hooks.
const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** The exit and the output of a program. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A Node program in its own process. */
export class NodeProgram {
  /** Resolves when the process has ended and its output is read. */
  readonly ended: Promise<Ending>
  readonly child: ChildProcess
  readonly #output = { stdout: '', stderr: '' }

  /**
   * Starts `node ARGS`, with `env` added to this process's own. The process is killed when the tests of the file end.
   */
  constructor(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    command: string = process.execPath,
    stdin: 'ignore' | 'pipe' = 'ignore',
  ) {
    const { NODE_OPTIONS: _, ...own } = process.env
    this.child = spawn(command, args, { env: { ...own, ...env }, stdio: [stdin, 'pipe', 'pipe'] })
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.#output[name] += text
      })
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal, ...this.#output }))
    running.add(this.child)
    this.child.once('exit', () => running.delete(this.child))
  }

  /** Starts another command, which starts Node. */
  static of(
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    stdin: 'ignore' | 'pipe' = 'ignore',
  ): NodeProgram {
    return new NodeProgram(args, env, command, stdin)
  }

  /** Starts a program of `programs`, with the preload. */
  static named(name: string, env: NodeJS.ProcessEnv = {}): NodeProgram {
    return new NodeProgram(['--import', REGISTER, join(import.meta.dirname, 'programs', name)], env)
  }

  /** Starts a module given as text, with the preload. */
  static preloaded(code: string, env: NodeJS.ProcessEnv = {}): NodeProgram {
    return new NodeProgram(['--import', REGISTER, '--input-type=module', '--eval', code], env)
  }

  /**
   * Returns the first match of `pattern` in the output, as soon as there is one. Rejects if the program ends without
   * it.
   */
  async printed(pattern: RegExp, name: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output[name])
      if (match !== null) return match
      const stream = this.child[name] ?? this.child
      const ended = await Promise.race([this.ended, once(stream, 'data').then(() => undefined)])
      if (ended !== undefined && !pattern.test(this.#output[name])) {
        const { code, signal, stdout, stderr } = ended
        throw new Error(`ended with ${code ?? signal} before it printed ${pattern}:\n${stdout}${stderr}`)
      }
    }
  }

  /** Returns the output so far. */
  get output(): string {
    return this.#output.stdout
  }

  /** Returns the port that the program prints as `NAME PORT`. */
  async port(name = 'http'): Promise<number> {
    return Number((await this.printed(new RegExp(`^${name} (\\d+)$`, 'm')))[1])
  }
}
