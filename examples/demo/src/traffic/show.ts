import type { Result } from '../result/result.ts'
import { type Program, Run, type RunOptions } from './run.ts'

const PROGRAMS: readonly Program[] = [
  { name: 'Express', url: new URL('../servers/express.js', import.meta.url) },
  { name: 'Fastify', url: new URL('../servers/fastify.js', import.meta.url) },
  { name: 'Koa', url: new URL('../servers/koa.js', import.meta.url) },
]

/** Options of a {@link Show}. Durations are in milliseconds. */
export interface ShowOptions extends Omit<RunOptions, 'onEvent'> {
  /** Called for every event with the server's name and a text. */
  readonly onEvent: (name: string, text: string) => void
}

/** Runs all servers at once. */
export class Show {
  readonly runs: readonly Run[]
  /** Resolves with the measurements when every server has ended. */
  readonly results: Promise<Result[]>
  readonly #startedAt = performance.now()

  /** Starts the servers. */
  constructor({ patience, length, onEvent }: ShowOptions) {
    this.runs = PROGRAMS.map(
      (program) => new Run(program, { patience, length, onEvent: (text) => onEvent(program.name, text) }),
    )
    this.results = Promise.all(this.runs.map(({ result }) => result))
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return performance.now() - this.#startedAt
  }

  /** Ends every running server, even with requests in progress. */
  stop(): void {
    for (const { child } of this.runs) child.kill('SIGTERM')
  }
}
