import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { type ConnectionContext, connectionsOn } from './connection.ts'
import { Http1Connection } from './http1-connection.ts'
import { Http2Connection } from './http2-connection.ts'

/**
 * Marks a request in progress as ignored, for each watch of its server that `belongs` accepts.
 *
 * Does nothing if the request is answered or its server is not watched.
 */
export function ignoreRequest(
  request: IncomingMessage | Http2ServerRequest,
  belongs: (context: ConnectionContext) => boolean = () => true,
): void {
  const stream = 'stream' in request ? request.stream : undefined
  for (const connection of connectionsOn(stream ?? request.socket)) {
    if (!belongs(connection.context)) continue
    if (connection instanceof Http1Connection && !('stream' in request)) connection.ignore(request)
    if (connection instanceof Http2Connection && stream !== undefined) connection.ignore(stream)
  }
}
