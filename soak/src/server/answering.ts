import { ServerResponse } from 'node:http'
import type { Handler, Response } from '@idle-shutdown/conformance'
import { now } from '../ledger/report.ts'
import { answerTo, type RequestSpec, specOf } from '../ledger/request-spec.ts'

/**
 * The longest stall (ms) of a stream, and of a stream among malformed frames. Node stops reading from a session that
 * broke the protocol, and leaves the session open. Its streams then stay even after the client has left (always on Node
 * 20, after a GOAWAY on Node 22-26).
 */
const STALLED = 10_000
const STALLED_MALFORMED = 100

/**
 * Answers each spec once its request is complete, and reports it to `begun`. Calls `closing` with the client's port
 * for every response with `Connection: close`.
 */
export function answering(begun: (id: number) => void, closing: (port: number | undefined) => void): Handler {
  return (request, response) => {
    // A client that disconnects must not fail the server.
    request.on('error', () => {})
    response.on('error', () => {})
    const spec = specOf(request.url)
    if ('stream' in request) {
      const { stream } = request
      stream.setTimeout(spec === undefined ? STALLED_MALFORMED : STALLED, () => stream.destroy())
    }
    if (spec === undefined) {
      response.statusCode = 404
      response.end()
      return
    }
    begun(spec.id)
    const answered = (received: number): void =>
      answer(spec, received, response, () => closing(request.socket.remotePort))
    if (request.method === 'GET') {
      answered(0)
      return
    }
    let received = 0
    request.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    request.on('end', () => answered(received))
  }
}

function answer(spec: RequestSpec, received: number, response: Response, closing: () => void): void {
  const end = (): void => {
    const until = now() + spec.spin
    while (now() < until);
    const body = answerTo(spec, received)
    response.setHeader('content-length', body.length)
    response.end(body)
    if (response instanceof ServerResponse && announcesClose(response)) closing()
  }
  if (spec.delay === 0) end()
  else setTimeout(end, spec.delay)
}

/**
 * Reports whether the response announces the close. A drain sets the header, and leaves `shouldKeepAlive` unchanged.
 */
function announcesClose(response: ServerResponse): boolean {
  return !response.shouldKeepAlive || /\bclose\b/i.test(String(response.getHeader('connection')))
}
