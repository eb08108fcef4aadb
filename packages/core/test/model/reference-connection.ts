import type { ServerReference } from './reference-server.ts'

/** A request, or an HTTP/2 stream: in progress until its response is closed. */
export class RequestReference {
  readonly number: number
  readonly connection: ConnectionReference
  /** Whether the option `ignore` matches it. */
  readonly matched: boolean
  /** Whether it is no activity: because it is matched, or because the route said so. */
  ignored: boolean
  /** It counts no longer: its client has sent half a body, and was silent for two patiences. */
  silent = false
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
  /** Whether it has had a request. */
  used = false
  /** Whether bytes came that nobody has taken notice of yet: since the mark; of an upgraded socket, since the last look. */
  moved = false
  /** How many times bytes have moved, in either direction. */
  moves = 0
  /** How far it had come when it was first seen to wait for its client, and when that was. */
  silence: { readonly moves: number; readonly since: number } | undefined
  /** HTTP/2: whether the client's SETTINGS have come. */
  settled = false

  constructor(number: number, server: ServerReference, bare: boolean) {
    this.number = number
    this.server = server
    this.bare = bare
  }

  get firm(): number {
    const firm = this.requests.filter(({ seen, ignored, silent }) => seen && !ignored && !silent).length
    return (this.bare ? 1 : 0) + firm + (this.upgraded === 'open' ? 1 : 0)
  }

  get soft(): number {
    return this.requests.filter(({ seen, ignored, silent }) => seen && ignored && !silent).length
  }

  /** Decision 6: it has been read from since the mark, and there is no request, but a part of one. */
  get headBegun(): boolean {
    const { server, upgraded, requests, moved, head, body } = this
    return server.kind === 'http' && upgraded === undefined && requests.length === 0 && moved && (head || body)
  }

  /** Decision 42: it goes on only when its client says something. */
  get waiting(): boolean {
    if (this.server.kind !== 'http' || this.upgraded !== undefined) return false
    return this.requests.length === 0 ? !this.used : this.requests.length === 1 && this.body
  }

  /** Whether its client has spoken since it was seen to be silent. */
  get hasSpoken(): boolean {
    return !this.waiting || this.silence?.moves !== this.moves
  }

  /** Whether the next request may begin. */
  get speaksHttp(): boolean {
    return this.upgraded === undefined && !this.body && this.server.kind === 'http'
  }

  toString(): string {
    return `connection ${this.number}`
  }
}
