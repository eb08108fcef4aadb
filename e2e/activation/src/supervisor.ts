import type { Framework } from './framework.ts'
import type { Target } from './target.ts'

/** What a supervisor is to start. */
export interface Service {
  readonly framework: Framework
  /** Milliseconds. */
  readonly patience: number
  /** The server's own, in milliseconds; Node's default is 5 s. Only the `http` program knows it. */
  readonly keepAliveTimeout?: number
}

/** Something that listens, and starts a server when somebody connects. */
export interface Supervisor extends AsyncDisposable {
  readonly targets: readonly Target[]
  /** How often the server has been started. */
  starts(): number
  /** What the supervisor and its server had to say: for whoever looks for the reason of a failure. */
  told(): string
  /** Ends it, its server, and what it has left: namespaces, cgroups, files. */
  [Symbol.asyncDispose](): Promise<void>
}
