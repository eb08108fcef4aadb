/** A server that may be watched. */
export class ModelServer {
  readonly number: number
  readonly kind: 'http' | 'http2' | 'net'
  state: 'new' | 'listening' | 'closing' | 'closed' = 'new'
  /** `true` if the server was closed while it was new, and no longer waits to listen. */
  givenUp = false
  /** The number of watches. */
  watches = 0
  connections: ModelConnection[] = []
  /** Cancels the next check of its connections, if there is one. */
  cancelCheck: (() => void) | undefined

  constructor(number: number, kind: ModelServer['kind']) {
    this.number = number
    this.kind = kind
  }

  toString(): string {
    return `${this.kind} server ${this.number}`
  }
}

/** A request or an HTTP/2 stream. In progress until its response is closed. */
export class ModelRequest {
  readonly number: number
  readonly connection: ModelConnection
  /** `true` if the option `ignore` matches the request. */
  readonly matched: boolean
  /** `true` if the request is ignored, since it is matched or the route said so. */
  ignored: boolean
  /** `true` if the request does not count, since its client has sent half a body and was silent for two patiences. */
  silent = false
  /** `true` once the handler has ended the response. A pipelined response closes only after those before it. */
  answered = false
  /**
   * `true` if the request counts. Of pipelined requests that began before the server was watched, Node shows only the
   * first.
   */
  seen = true

  constructor(number: number, connection: ModelConnection, matched: boolean) {
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
export class ModelConnection {
  readonly number: number
  readonly server: ModelServer
  /** `true` while the connection itself counts, since no request has arrived yet. */
  counts: boolean
  /** The requests whose response has not closed, in their order. */
  requests: ModelRequest[] = []
  upgraded: 'open' | 'traffic' | 'ignore' | undefined
  /** `true` if a part of a request's head has arrived, and no more. */
  head = false
  /** `true` if the client has sent only a part of a request's body. */
  body = false
  /** `true` once the connection has had a request. */
  used = false
  /** `true` if bytes have arrived since the mark, or on an upgraded socket since the last look. */
  moved = false
  /** The number of times that bytes have moved, in either direction. */
  moves = 0
  /** The moves when the connection was first seen to wait for its client, and the time of that. */
  silence: { readonly moves: number; readonly since: number } | undefined
  /** `true` once the client's SETTINGS have arrived (HTTP/2). */
  settled = false

  constructor(number: number, server: ModelServer, counts: boolean) {
    this.number = number
    this.server = server
    this.counts = counts
  }

  get active(): number {
    const active = this.requests.filter(({ seen, ignored, silent }) => seen && !ignored && !silent).length
    return (this.counts ? 1 : 0) + active + (this.upgraded === 'open' ? 1 : 0)
  }

  get ignored(): number {
    return this.requests.filter(({ seen, ignored, silent }) => seen && ignored && !silent).length
  }

  /**
   * Reports whether bytes have arrived since the mark that are a part of a request and not a whole one (decision 6).
   */
  get headBegun(): boolean {
    const { server, upgraded, requests, moved, head, body } = this
    return server.kind === 'http' && upgraded === undefined && requests.length === 0 && moved && (head || body)
  }

  /** Reports whether everything on the connection waits for the client (decision 42). */
  get waiting(): boolean {
    if (this.server.kind !== 'http' || this.upgraded !== undefined) return false
    return this.requests.length === 0 ? !this.used : this.requests.length === 1 && this.body
  }

  /** Reports whether the client has sent data since it was seen to be silent. */
  get hasSpoken(): boolean {
    return !this.waiting || this.silence?.moves !== this.moves
  }

  /** Reports whether the next request may begin. */
  get speaksHttp(): boolean {
    return this.upgraded === undefined && !this.body && this.server.kind === 'http'
  }

  toString(): string {
    return `connection ${this.number}`
  }
}
