import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './until.ts'
import { HERE, ROOT } from './workplace.ts'

/** What a kept command leaves behind, and is removed with it. */
export interface Kept {
  /** A folder, which exists. */
  readonly folder: string
  /** A cgroup, which is made for it. */
  readonly cgroup?: string
  /** What ends the command. KILL by default, which it cannot refuse. */
  readonly signal?: 'KILL' | 'TERM'
}

/** A command that ends with this process, however this one ends. */
export class Keeper implements AsyncDisposable {
  /** Resolves with its exit code when it has ended, and all is removed. */
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  #output = ''

  constructor(command: readonly string[], { folder, cgroup = '', signal = 'KILL' }: Kept) {
    this.#child = spawn('sh', [join(HERE, 'keeper.sh'), folder, cgroup, signal, ...command], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Out of the terminal's group: Ctrl-C ends this process, and this process's end ends the command.
      detached: true,
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
    }
    this.ended = once(this.#child, 'close').then(([code]) => code)
  }

  /** What the command has printed. */
  get output(): string {
    return this.#output
  }

  /**
   * Waits until the command is ready to work.
   *
   * @throws when it has ended instead, or is not after 15 s, with what it has printed: it is ended then
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

  /** The process, as the machine numbers it, that is process 1 of the command's namespace. */
  get first(): number | undefined {
    const unshare = children(this.#child.pid).find((pid) => read(`/proc/${pid}/comm`).trim() === 'unshare')
    return children(unshare)[0]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end()
    await this.ended
  }
}

/** A command in namespaces of its own, as namespace.sh furnishes them. */
export function inNamespace(folder: string, command: readonly string[], flags: readonly string[] = []): string[] {
  const unshare = ['unshare', '--fork', '--pid', '--mount', '--kill-child=KILL', ...flags]
  return [...unshare, 'sh', join(HERE, 'namespace.sh'), folder, ROOT, process.execPath, ...command]
}

function children(pid: number | undefined): number[] {
  const list = pid === undefined ? '' : read(`/proc/${pid}/task/${pid}/children`)
  return list.split(' ').filter(Boolean).map(Number)
}

/** What a file says; nothing where there is none, any more. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
