import type { ConnectionEnd } from './connection-end.ts'

/** The method, headers and body of a client's request. */
export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The body of the request. More may follow if it has no `end`. */
  readonly body?: string
  /** Leaves the request open, so that its body is incomplete. */
  readonly unfinished?: boolean
  /** Does not read the response's body until {@link Exchange.read} is called. */
  readonly slow?: boolean
}

export interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
}

export interface Answer extends Head {
  readonly body: string
}

/** A request and its response, as the client sees them. */
export interface Exchange {
  /** Resolves when the response's status and headers have arrived. */
  readonly head: Promise<Head>
  /** Resolves at the end of the response. Rejects if the response is cut off. */
  readonly answer: Promise<Answer>
  /** Starts to read the body of a `slow` request. */
  read(): void
  /** Aborts the request: HTTP/1 destroys the connection, HTTP/2 resets the stream. */
  abort(): void
}

/** A client with one connection that it keeps alive. */
export interface HttpClient {
  /** Reports whether the client's connection can carry a request. */
  readonly connected: boolean
  /** Resolves with the way in which the connection ended. */
  readonly ended: Promise<ConnectionEnd>
  ask(path: string, ask?: Ask): Exchange
  destroy(): void
}
