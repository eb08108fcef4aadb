import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '@idle-shutdown/testing'
import { HERE, ROOT } from './temp-folder.ts'

/** Resources of a guarded command, which are removed with it. */
export interface GuardOptions {
  /** An existing folder. */
  readonly folder: string
  /** A cgroup, which is created for the command. */
  readonly cgroup?: string
  /** The signal that ends the command. Default: KILL, which no process can ignore. */
  readonly signal?: 'KILL' | 'TERM'
}

/** A command that ends with this process, even if this process crashes. */
export class ProcessGuard implements AsyncDisposable {
  /** Resolves with the exit code when the command has ended and all its resources are removed. */
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  #output = ''

  constructor(command: readonly string[], { folder, cgroup = '', signal = 'KILL' }: GuardOptions) {
    this.#child = spawn('sh', [join(HERE, 'process-guard.sh'), folder, cgroup, signal, ...command], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Starts the command outside of the terminal's process group. Ctrl-C ends this process, whose end then ends the
      // command.
      detached: true,
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
    }
    this.ended = once(this.#child, 'close').then(([code]) => code)
  }

  /** The output of the command. */
  get output(): string {
    return this.#output
  }

  /**
   * Waits until the command is ready.
   *
   * @throws with its output if the command ends first, or is not ready after 15 s; the command is then ended
   */
  async up(isUp: () => boolean | Promise<boolean>): Promise<void> {
    try {
      await until(
        () => {
          if (this.#child.exitCode !== null) throw new Error(`ended with ${this.#child.exitCode}: ${this.#output}`)
          return isUp()
        },
        () => `not up after 15 s: ${this.#output}`,
      )
    } catch (error) {
      await this[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The machine's id of the process that is process 1 in the command's namespace. */
  get first(): number | undefined {
    const unshare = children(this.#child.pid).find((pid) => read(`/proc/${pid}/comm`).trim() === 'unshare')
    return children(unshare)[0]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end()
    await this.ended
  }
}

/** Returns a command that runs in its own namespaces, which namespace.sh sets up. */
export function inNamespace(folder: string, command: readonly string[], flags: readonly string[] = []): string[] {
  const unshare = ['unshare', '--fork', '--pid', '--mount', '--kill-child=KILL', ...flags]
  return [...unshare, 'sh', join(HERE, 'namespace.sh'), folder, ROOT, process.execPath, ...command]
}

function children(pid: number | undefined): number[] {
  const list = pid === undefined ? '' : read(`/proc/${pid}/task/${pid}/children`)
  return list.split(' ').filter(Boolean).map(Number)
}

/** Returns the content of a file, or an empty text if the file is missing. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
