import type { ConnectionEnd } from './connection-end.ts'

/** What a client asks for. */
export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The request's body. Without an `end`, more may follow. */
  readonly body?: string
  /** Leaves the request open, so that its body is incomplete. */
  readonly unfinished?: boolean
  /** Does not read the answer's body until {@link Exchange.read}: a slow reader. */
  readonly slow?: boolean
}

export interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
}

export interface Answer extends Head {
  readonly body: string
}

/** A request and its answer, as the client has it. */
export interface Exchange {
  /** The answer's status and headers have come. */
  readonly head: Promise<Head>
  /** The answer has come to its end. Rejects when it is cut off. */
  readonly answer: Promise<Answer>
  /** Starts to read the body, where the reader is slow. */
  read(): void
  /** Gives the request up: HTTP/1 destroys the connection, HTTP/2 resets the stream. */
  abort(): void
}

/** A client with one connection that it keeps. */
export interface HttpClient {
  /** Whether a request can be sent over the connection that it has. */
  readonly connected: boolean
  /** How the connection ended, once it has. */
  readonly ended: Promise<ConnectionEnd>
  ask(path: string, ask?: Ask): Exchange
  destroy(): void
}
