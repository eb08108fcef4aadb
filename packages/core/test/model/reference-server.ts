import type { ConnectionReference } from './reference-connection.ts'

/** A server that may be watched. */
export class ServerReference {
  readonly number: number
  readonly kind: 'http' | 'http2' | 'net'
  state: 'new' | 'listening' | 'closing' | 'closed' = 'new'
  /** `true` if the server was closed while it was new, and no longer waits to listen. */
  givenUp = false
  /** The number of watches. */
  watches = 0
  connections: ConnectionReference[] = []
  /** Cancels the next check of its connections, if there is one. */
  forgetLook: (() => void) | undefined

  constructor(number: number, kind: ServerReference['kind']) {
    this.number = number
    this.kind = kind
  }

  toString(): string {
    return `${this.kind} server ${this.number}`
  }
}
