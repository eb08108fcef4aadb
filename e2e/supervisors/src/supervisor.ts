import type { Address } from './address.ts'
import type { Framework } from './framework.ts'

/** The server that a supervisor starts. */
export interface Service {
  readonly framework: Framework
  /** Milliseconds. */
  readonly patience: number
  /** The server's keep-alive timeout in milliseconds; Node's default is 5 s. Only the `http` program supports it. */
  readonly keepAliveTimeout?: number
}

/** A program that listens, and starts a server at a connection. */
export interface Supervisor extends AsyncDisposable {
  readonly addresses: readonly Address[]
  /** Returns the number of times the server has been started. */
  starts(): number
  /** Returns the output of the supervisor and its server, to explain a failure. */
  output(): string
  /** Ends the supervisor, its server, and everything that they leave: namespaces, cgroups, files. */
  [Symbol.asyncDispose](): Promise<void>
}
