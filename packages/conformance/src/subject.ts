import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Writable } from 'node:stream'
import type { AnyServer, IdleShutdown, IdleShutdownOptions } from '@idle-shutdown/core'

/** A request of either protocol. */
export type Request = IncomingMessage | Http2ServerRequest

/** What responses of both protocols have in common. */
export interface Response extends Writable {
  statusCode: number
  readonly headersSent: boolean
  setHeader(name: string, value: string | number): unknown
  writeHead(status: number, headers?: Record<string, string | number>): unknown
}

/**
 * Answers requests of HTTP/1 and, through the compatibility layer, of HTTP/2. An app mounts it: Express with
 * `app.use(handler)`, Koa with `ctx.respond = false`, Fastify with `reply.hijack()` in a route for everything.
 */
export type Handler = (request: Request, response: Response) => void

/** The members of an `IdleShutdown` that every adapter has. */
export type Idle = Pick<IdleShutdown, 'signal' | 'tracker' | 'closed' | 'close' | 'watch' | 'endOnIdle'>

/** How to serve, beyond the options under test. */
export interface Serving {
  /** A TCP port on 127.0.0.1, or a unix socket. Default: TCP. */
  readonly where?: 'tcp' | 'unix'
  /** Called with each server before it can be called by anybody, and, where that is possible, before it is watched. */
  readonly prepare?: (server: AnyServer) => void
}

/** A server that listens, and the shutdown that watches it. */
export interface Served {
  readonly idle: Idle
  /** One server or, where a framework binds several, all of them. Clients call the first. */
  readonly servers: readonly [AnyServer, ...AnyServer[]]
  /** Frees what the subject itself holds. The servers have been closed before. */
  stop(): Promise<void> | void
}

/** What the suite is run against: the core over one protocol, or an adapter over one framework. */
export interface Subject {
  readonly name: string
  /** What its clients speak. `raw`: a net or tls server, of which only `prepare` sees the connections. */
  readonly protocol: 'http/1.1' | 'h2' | 'raw'
  readonly secure: boolean
  /** Whether its server, which speaks HTTP/2, lets clients speak HTTP/1.1 as well. */
  readonly http1Too?: boolean
  /** The path of a route that marks its requests as ignored before the handler gets them. */
  readonly ignoredRoute?: string
  serve(handler: Handler, options: IdleShutdownOptions, serving?: Serving): Promise<Served>
}
