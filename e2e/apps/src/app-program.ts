import { setTimeout as wait } from 'node:timers/promises'
import { accepts, Program } from '@idle-shutdown/testing'

/** The longest time (ms) for a program, its cold starts included. */
const LIMIT = 180_000

/** An unmodified program, or the command that supervises one. */
export class AppProgram extends Program {
  constructor(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    // With CI, some programs print or build less.
    super(args, { cwd, env: { CI: undefined, ...env }, limit: LIMIT })
  }

  /** The lines so far that the command printed as JSON. */
  events(name: string): Readonly<Record<string, unknown>>[] {
    return this.lines
      .filter((line) => /^\{.*"event":/.test(line))
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === name)
  }

  /** Resolves once the command has printed this many events of this name. */
  async event(name: string, count = 1): Promise<void> {
    await this.printed(new RegExp(`(?:"event":"${name}".*\n[^]*?){${count}}`))
  }

  /** Resolves when the port accepts connections. Polls, since an unmodified program does not report it. */
  async listens(port: number): Promise<void> {
    while (!(await accepts(port))) {
      const ended = await Promise.race([this.ended, wait(30, undefined)])
      if (ended !== undefined) throw new Error(`ended with ${ended.code ?? ended.signal} before it listened`)
    }
  }
}
