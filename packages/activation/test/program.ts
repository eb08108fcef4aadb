import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { vi } from 'vitest'

// Each test starts one to three processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** The folder from which programs import packages by name. */
const cwd = join(import.meta.dirname, '..')
const dist = (name: string): string => new URL(`../../${name}/dist/index.js`, import.meta.url).href

/** The names that a program can use without importing them. */
export const IMPORTS: string = `
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as http from 'node:http'
import * as net from 'node:net'
import { idleShutdown } from '${dist('core')}'
import { inheritedSockets, listen, notify } from '${dist('activation')}'
// Idle once so many clients were answered, however late they connect.
const idleAfter = (answers, server) => {
  const idle = idleShutdown(server, { patience: '50ms' })
  const hold = idle.tracker.hold()
  const answered = () => --answers === 0 && hold.release()
  const http = server.listenerCount('request') > 0
  if (http) server.on('request', (req, res) => res.on('close', answered))
  else server.on(server.listenerCount('secureConnection') > 0 ? 'secureConnection' : 'connection', (socket) => socket.on('close', answered))
  return idle
}
const hello = () => http.createServer((req, res) => res.end('Hello'))
`

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A program, given as the text of an ES module, in its own process. It uses the built packages, as users do. */
export class Program {
  /** Resolves when the process has ended. */
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''

  /**
   * Starts the program like a supervisor that passes sockets: see pass.pl. Its own environment is nearly empty, as
   * under inetd.
   */
  static activated(passed: readonly string[], source: string): Program {
    const node = [process.execPath, '--input-type=module', '-e', IMPORTS + source]
    return new Program('perl', [join(import.meta.dirname, 'pass.pl'), ...passed, '--', ...node])
  }

  /** Starts the program as a user does by hand, with `env` added. */
  static byHand(source: string, env: NodeJS.ProcessEnv = {}): Program {
    return new Program(process.execPath, ['--input-type=module', '-e', IMPORTS + source], env)
  }

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const { PATH } = process.env
    this.#child = spawn(command, args, { cwd, env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 50_000)
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      clearTimeout(killer)
      return { code, signal, stdout: this.#stdout, stderr: this.#stderr }
    })
  }

  /** Returns the output so far. */
  get output(): string {
    return this.#stdout
  }

  /**
   * Returns the first match of `pattern` in the output, as soon as there is one. Rejects if the program ends without
   * it.
   */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#stdout)
      if (match !== null) return match
      const more = once(this.#child.stdout ?? this.#child, 'data').then(() => undefined)
      const ended = await Promise.race([this.ended, more])
      if (ended !== undefined && !pattern.test(this.#stdout)) {
        throw new Error(`ended with ${ended.code ?? ended.signal} before ${pattern}:\n${ended.stdout}${ended.stderr}`)
      }
    }
  }

  /** Returns the TCP sockets that were passed to the program, in order. */
  async addresses(count: number): Promise<readonly { host: string; port: number }[]> {
    await this.printed(new RegExp(`(port \\d+\n.*){${count}}`, 's'))
    return [...this.#stdout.matchAll(/^port (\d+)$/gm)].map(([, port]) => ({ host: '127.0.0.1', port: Number(port) }))
  }

  /** Returns the TCP socket that was passed to the program. */
  async address(): Promise<{ host: string; port: number }> {
    const [address] = await this.addresses(1)
    if (address === undefined) throw new Error('No TCP socket was passed')
    return address
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

/** The end of a program that has nothing left to do. */
export const endedByItself: Partial<Ending> = { code: 0, signal: null, stderr: '' }
