import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Writable } from 'node:stream'
import type { AnyServer, IdleShutdown, IdleShutdownOptions } from '@idle-shutdown/core'

/** A request of either protocol. */
export type Request = IncomingMessage | Http2ServerRequest

/** The members that responses of both protocols share. */
export interface Response extends Writable {
  statusCode: number
  readonly headersSent: boolean
  setHeader(name: string, value: string | number): unknown
  writeHead(status: number, headers?: Record<string, string | number>): unknown
}

/**
 * Answers requests of HTTP/1, and of HTTP/2 through the compatibility layer. An app mounts the handler: Express with
 * `app.use(handler)`, Koa with `ctx.respond = false`, Fastify with `reply.hijack()` in a catch-all route.
 */
export type Handler = (request: Request, response: Response) => void

/** The members of an `IdleShutdown` that every adapter has. */
export type Idle = Pick<
  IdleShutdown,
  'signal' | 'tracker' | 'closed' | 'close' | 'watch' | 'countStream' | 'endOnIdle' | 'beforeEnd' | 'onQuiet'
>

/** Options of a served subject, beyond those under test. */
export interface ServeOptions {
  /** A TCP port on 127.0.0.1, or a unix socket. Default: TCP. */
  readonly where?: 'tcp' | 'unix'
  /** Called with each server before a client can reach it and, if possible, before it is watched. */
  readonly prepare?: (server: AnyServer) => void
}

/** A listening server, and the shutdown that watches it. */
export interface RunningServer {
  readonly idle: Idle
  /** One server, or all servers if a framework binds several. Clients connect to the first. */
  readonly servers: readonly [AnyServer, ...AnyServer[]]
  /** Releases the subject's own resources. Called after the servers have closed. */
  stop(): Promise<void> | void
}

/** A subject of the suite: the core over one protocol, or an adapter over one framework. */
export interface Subject {
  readonly name: string
  /** The protocol of the subject's clients. `raw`: a net or tls server, whose connections only `prepare` sees. */
  readonly protocol: 'http/1.1' | 'h2' | 'raw'
  readonly secure: boolean
  /** The HTTP/2 server also accepts HTTP/1.1. */
  readonly http1Too?: boolean
  /** The path of a route that marks its requests as ignored before the handler gets them. */
  readonly ignoredRoute?: string
  serve(handler: Handler, options: IdleShutdownOptions, serving?: ServeOptions): Promise<RunningServer>
}
