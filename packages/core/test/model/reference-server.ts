import type { ConnectionReference } from './reference-connection.ts'

/** A server that may be watched. */
export class ServerReference {
  readonly number: number
  readonly kind: 'http' | 'http2' | 'net'
  state: 'new' | 'listening' | 'closing' | 'closed' = 'new'
  /** Closed while it was new: it waits to listen no longer. */
  givenUp = false
  /** How many times it is watched. */
  watches = 0
  connections: ConnectionReference[] = []
  /** What forgets the next look after its connections, if there is to be one. */
  forgetLook: (() => void) | undefined

  constructor(number: number, kind: ServerReference['kind']) {
    this.number = number
    this.kind = kind
  }

  toString(): string {
    return `${this.kind} server ${this.number}`
  }
}
