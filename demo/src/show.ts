import type { Result } from './result.ts'
import { type Program, Run, type RunOptions } from './run.ts'

const PROGRAMS: readonly Program[] = [
  { name: 'Express', url: new URL('./servers/express.js', import.meta.url) },
  { name: 'Fastify', url: new URL('./servers/fastify.js', import.meta.url) },
  { name: 'Koa', url: new URL('./servers/koa.js', import.meta.url) },
]

/** What a show takes. Durations in milliseconds. */
export interface ShowOptions extends Omit<RunOptions, 'tell'> {
  /** Is told of every event: which server, and what. */
  readonly tell: (name: string, text: string) => void
}

/** All servers at once. */
export class Show {
  readonly runs: readonly Run[]
  /** Resolves with what was measured when every server has ended. */
  readonly results: Promise<Result[]>
  readonly #startedAt = performance.now()

  /** Starts the servers. */
  constructor({ patience, length, tell }: ShowOptions) {
    this.runs = PROGRAMS.map(
      (program) => new Run(program, { patience, length, tell: (text) => tell(program.name, text) }),
    )
    this.results = Promise.all(this.runs.map(({ result }) => result))
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return performance.now() - this.#startedAt
  }

  /** Ends every server that lives, in the middle of things. */
  stop(): void {
    for (const { child } of this.runs) child.kill('SIGTERM')
  }
}
