import type { ServerReference } from './reference-server.ts'

/** A request, or an HTTP/2 stream: in progress until its response is closed. */
export class RequestReference {
  readonly number: number
  readonly connection: ConnectionReference
  /** Whether the option `ignore` matches it. */
  readonly matched: boolean
  /** Whether it is no activity: because it is matched, or because the route said so. */
  ignored: boolean
  /** The handler has ended the response. A pipelined one is closed only after those before it. */
  answered = false
  /** Whether it is counted: of pipelined ones that began before the server was watched, Node shows only the first. */
  seen = true

  constructor(number: number, connection: ConnectionReference, matched: boolean) {
    this.number = number
    this.connection = connection
    this.matched = matched
    this.ignored = matched
  }

  toString(): string {
    return `request ${this.number}`
  }
}

/** A connection, in the states of section 4 of the design. */
export class ConnectionReference {
  readonly number: number
  readonly server: ServerReference
  /** New, and counted: no request has come yet. */
  bare: boolean
  /** Those whose response has not closed, in their order. */
  requests: RequestReference[] = []
  upgraded: 'open' | 'traffic' | 'ignore' | undefined
  /** Whether part of a request's head has come, and no more. */
  head = false
  /** Whether the client still owes a part of a request's body. */
  body = false
  /** Whether bytes came that nobody has taken notice of yet: since the mark; of an upgraded socket, since the last look. */
  moved = false
  /** HTTP/2: whether the client's SETTINGS have come. */
  settled = false

  constructor(number: number, server: ServerReference, bare: boolean) {
    this.number = number
    this.server = server
    this.bare = bare
  }

  get firm(): number {
    const firm = this.requests.filter(({ seen, ignored }) => seen && !ignored).length
    return (this.bare ? 1 : 0) + firm + (this.upgraded === 'open' ? 1 : 0)
  }

  get soft(): number {
    return this.requests.filter(({ seen, ignored }) => seen && ignored).length
  }

  /** Decision 6: it has been read from since the mark, and there is no request. */
  get headBegun(): boolean {
    return this.server.kind === 'http' && this.upgraded === undefined && this.requests.length === 0 && this.moved
  }

  /** Whether the next request may begin. */
  get speaksHttp(): boolean {
    return this.upgraded === undefined && !this.body && this.server.kind === 'http'
  }

  toString(): string {
    return `connection ${this.number}`
  }
}
