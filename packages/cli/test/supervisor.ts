import { join } from 'node:path'
import { freePort, Program } from '@idle-shutdown/testing'
import type { RunEvent } from '../src/run/run-event.ts'
import type { RunOptions } from '../src/run/run-options.ts'
import type { RunStatus } from '../src/run/run-status.ts'

const PROGRAMS = join(import.meta.dirname, 'programs')

/** Returns a program of `programs`, as a command. */
export function program(name: string, ...args: string[]): [string, ...string[]] {
  return [process.execPath, join(PROGRAMS, name), ...args]
}

/** A supervisor in its own process. */
export class SupervisorProcess extends Program {
  /** The ports that it holds. */
  readonly ports: readonly number[]
  #asked = 0

  /**
   * Resolves when the supervisor holds its addresses, by default `count` free ports. Rejects with its output if it ends
   * before.
   */
  static async start(
    command: RunOptions['command'] | ((ports: readonly string[]) => RunOptions['command']),
    options: Partial<RunOptions> = {},
    count = 1,
  ): Promise<SupervisorProcess> {
    const ports: number[] = []
    while (ports.length < count) ports.push(await freePort())
    const listen = ports.map((port) => ({ host: '127.0.0.1', port }))
    const chosen = typeof command === 'function' ? command(ports.map(String)) : command
    const supervised = new SupervisorProcess(ports, { listen, command: chosen, ...options })
    await supervised.printed(/"event":"listening"/)
    return supervised
  }

  private constructor(ports: readonly number[], options: RunOptions) {
    super([join(PROGRAMS, 'run.js'), JSON.stringify(options)], { limit: Infinity })
    this.ports = ports
  }

  /** Returns the URL of a path. */
  url(path = '/', index = 0): string {
    return `http://127.0.0.1:${this.ports[index]}${path}`
  }

  /** Returns all events so far, without the output of the command itself. */
  get events(): readonly RunEvent[] {
    return this.lines
      .filter((line) => line.startsWith('{"event"') && line.endsWith('}'))
      .map((line): RunEvent => JSON.parse(line))
  }

  /** Returns how often an event was printed. */
  count(event: RunEvent['event']): number {
    return this.events.filter((one) => one.event === event).length
  }

  /** Waits for the `nth` event of a type, and returns it. */
  async event<E extends RunEvent['event']>(event: E, nth = 1): Promise<Extract<RunEvent, { event: E }>> {
    await this.printed(new RegExp(`("event":"${event}"(.|\\n)*?){${nth}}\\n`))
    const found = this.events.filter((one): one is Extract<RunEvent, { event: E }> => one.event === event)[nth - 1]
    if (found === undefined) throw new Error(`no ${event}`)
    return found
  }

  /** Returns the status that a status page would show. */
  async status(): Promise<RunStatus> {
    this.#asked++
    this.kill('SIGUSR2')
    await this.printed(new RegExp(`("event":"status"(.|\\n)*?){${this.#asked}}\\n`))
    const lines = this.lines.filter((line) => line.startsWith('{"event":"status"'))
    return JSON.parse(lines[this.#asked - 1] ?? '{}')
  }
}
