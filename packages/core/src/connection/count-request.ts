import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { invalidOption } from '../errors.ts'
import type { StreamCount } from '../options.ts'
import { type ConnectionContext, connectionsOn } from './connection.ts'
import { Http1Connection } from './http1-connection.ts'
import { Http2Connection } from './http2-connection.ts'

type AnyRequest = IncomingMessage | Http2ServerRequest
type Belongs = (context: ConnectionContext) => boolean

/**
 * Returns a request of Node. Throws `ERR_IDLE_INVALID_OPTION` for any other value, such as the request of a framework,
 * which no connection has in progress.
 */
export function nodeRequest<T extends AnyRequest>(request: T): T {
  if ('httpVersion' in Object(request)) return request
  const instruction = 'Pass request.raw with Fastify, and ctx.req with Koa'
  throw invalidOption('request', request, 'an IncomingMessage or an Http2ServerRequest', instruction)
}

/**
 * Marks a request in progress as ignored, for each watch of its server that `belongs` accepts.
 *
 * Does nothing if the request is answered or its server is not watched.
 */
export function ignoreRequest(request: AnyRequest, belongs?: Belongs): void {
  for (const connection of connectionsOf(request, belongs)) {
    if (connection instanceof Http1Connection && !('stream' in request)) connection.ignore(request)
    if (connection instanceof Http2Connection && 'stream' in request) connection.ignore(request.stream)
  }
}

/**
 * Sets how the response to a request in progress counts once it is a stream, for each watch of its server that `belongs`
 * accepts.
 *
 * Does nothing if the request is answered or its server is not watched.
 */
export function countStream(request: AnyRequest, how: StreamCount, belongs?: Belongs): void {
  for (const connection of connectionsOf(request, belongs)) {
    if (connection instanceof Http1Connection && !('stream' in request)) connection.countStream(request, how)
    if (connection instanceof Http2Connection && 'stream' in request) connection.countStream(request.stream, how)
  }
}

function* connectionsOf(request: AnyRequest, belongs: Belongs = () => true): ReturnType<typeof connectionsOn> {
  const stream = 'stream' in request ? request.stream : undefined
  for (const connection of connectionsOn(stream ?? request.socket)) if (belongs(connection.context)) yield connection
}
