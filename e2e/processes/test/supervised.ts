import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort } from '@idle-shutdown/testing'
import { AppProgram } from '../../apps/src/app-program.ts'

const register = createRequire(import.meta.url).resolve('idle-shutdown/register')
const COMMAND = join(dirname(register), '../main.js')

/** `idle-shutdown run` with a program that listens on PORT, in a process of its own. */
export class Supervised extends AppProgram {
  /** The port that the command holds. */
  readonly heldPort: number

  /** Resolves when the command holds its port. `options` are those of the command line, without the address. */
  static async start(file: string, options: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Supervised> {
    const supervised = new Supervised(await freePort(), file, options, env)
    await supervised.event('listening')
    return supervised
  }

  private constructor(port: number, file: string, options: readonly string[], env: NodeJS.ProcessEnv) {
    const run = ['run', '--listen', `127.0.0.1:${port}`, '--json', ...options]
    super(dirname(file), [COMMAND, ...run, '--', process.execPath, file], env)
    this.heldPort = port
  }

  /** The times (ms since 1970) of all events of this name so far. */
  times(name: string): number[] {
    return this.events(name).map(({ time }) => Date.parse(String(time)))
  }
}
