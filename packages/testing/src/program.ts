import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** The end of a program, and its output. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The end of a program that has nothing left to do. */
export const endedByItself: Partial<Ending> = { code: 0, signal: null, stderr: '' }

/** Options of a {@link Program}. */
export interface ProgramOptions {
  /** The command that gets the arguments. Default: this Node. */
  readonly command?: string
  readonly cwd?: string
  /** The variables that are added to this process's own environment. */
  readonly env?: NodeJS.ProcessEnv
  /** The program inherits only `PATH` from this process's environment. */
  readonly bare?: boolean
  /** The id of the user and of the group that run the program. Needs root. Default: those of this process. */
  readonly user?: number
  /** The time (ms) after which the program is killed. `Infinity` means never. Default: a minute. */
  readonly limit?: number
  /** Opens a pipe to standard input. */
  readonly stdin?: boolean
  /** Opens a channel for messages, as `fork` does. */
  readonly ipc?: boolean
}

/** The programs that run. */
const running = new Set<Program>()
process.once('exit', () => {
  for (const program of running) program.kill('SIGKILL')
})

/** Kills the programs that this process started, by their ids, and waits for their ends. For vitest's `afterAll`. */
export async function endPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => program[Symbol.asyncDispose]()))
}

/** A program in its own process, by default of this Node. */
export class Program implements AsyncDisposable {
  /** Resolves when the process has ended and its output is read. Rejects if the command cannot be started. */
  readonly ended: Promise<Ending>
  readonly child: ChildProcess
  /** All output so far, in the order in which it arrived. */
  output = ''
  #stdout = ''
  #stderr = ''
  #hasEnded = false
  #changed = (): void => {}
  #change: Promise<void> = Promise.resolve()

  /** Starts a program from the text of an ES module. */
  static module(source: string, options: ProgramOptions = {}): Program {
    return new Program(['--input-type=module', '--eval', source], options)
  }

  /** Starts the command with arguments. Options of Node for this process itself are not inherited. */
  constructor(args: readonly string[], options: ProgramOptions = {}) {
    const { command = process.execPath, cwd, env, bare = false, user, limit = 60_000 } = options
    const { stdin = false, ipc = false } = options
    // Removes options of the test runner, which would cause a warning in the program.
    const { NODE_OPTIONS: _, ...own } = process.env
    this.child = spawn(command, args, {
      ...(cwd !== undefined && { cwd }),
      ...(user !== undefined && { uid: user, gid: user }),
      env: { ...(bare ? { PATH: own['PATH'] } : own), ...env },
      stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
      serialization: 'advanced',
    })
    this.#renew()
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
      this.#add(text)
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
      this.#add(text)
    })
    this.ended = this.#end(limit)
  }

  /** The id of the process, or `undefined` if the command could not be started. */
  get pid(): number | undefined {
    return this.child.pid
  }

  /** The standard output so far. */
  get stdout(): string {
    return this.#stdout
  }

  /** The standard error so far. */
  get stderr(): string {
    return this.#stderr
  }

  /** The complete lines of the standard output so far. */
  get lines(): readonly string[] {
    return this.#stdout.split('\n').slice(0, -1)
  }

  /**
   * Returns the first match of `pattern` in past or future output. Rejects with the output if the program ends without
   * a match.
   */
  async printed(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[stream])
      if (match !== null) return match
      if (this.#hasEnded) {
        const { code, signal } = await this.ended
        throw new Error(`ended with ${code ?? signal} before it printed ${pattern}:\n${this.#stdout}${this.#stderr}`)
      }
      await this.#change
    }
  }

  /** Returns the port that the program prints as a line `NAME PORT`. */
  async port(name = 'http'): Promise<number> {
    return Number((await this.printed(new RegExp(`^${name} (\\d+)$`, 'm')))[1])
  }

  /** Sends a signal, if the process still runs. */
  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Kills the process, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!running.has(this)) return
    this.kill('SIGKILL')
    // A process that the program started may hold its output open, so `ended` may resolve much later.
    await Promise.race([once(this.child, 'exit'), this.ended]).catch(() => {})
  }

  async #end(limit: number): Promise<Ending> {
    running.add(this)
    const killer = limit === Infinity ? undefined : setTimeout(() => this.kill('SIGKILL'), limit)
    this.child.once('exit', () => running.delete(this))
    try {
      const [code, signal] = await once(this.child, 'close')
      return { code, signal, stdout: this.#stdout, stderr: this.#stderr }
    } finally {
      clearTimeout(killer)
      running.delete(this)
      this.#hasEnded = true
      this.#renew()
    }
  }

  #add(text: string): void {
    this.output += text
    this.#renew()
  }

  /** Resolves the waits for a change, and begins the next one. */
  #renew(): void {
    this.#changed()
    this.#change = new Promise((resolve) => {
      this.#changed = resolve
    })
  }
}
