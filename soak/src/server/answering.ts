import { ServerResponse } from 'node:http'
import type { Handler, Response } from '@idle-shutdown/conformance/program'
import { answerTo, type Errand, errandOf } from '../errand.ts'
import { now } from '../now.ts'

/**
 * The longest stall (ms) of a stream, and of a stream among malformed frames. Node stops reading from a session that
 * broke the protocol, and leaves the session open. Its streams then stay even after the client has left (always on Node
 * 20, after a GOAWAY on Node 22-26).
 */
const STALLED = 10_000
const STALLED_MALFORMED = 100

/**
 * Answers each errand once its request is complete, and reports it to `begun`. Calls `closing` with the client's port
 * for every response with `Connection: close`.
 */
export function answering(begun: (id: number) => void, closing: (port: number | undefined) => void): Handler {
  return (request, response) => {
    // A client that disconnects must not fail the server.
    request.on('error', () => {})
    response.on('error', () => {})
    const errand = errandOf(request.url)
    if ('stream' in request) {
      const { stream } = request
      stream.setTimeout(errand === undefined ? STALLED_MALFORMED : STALLED, () => stream.destroy())
    }
    if (errand === undefined) {
      response.statusCode = 404
      response.end()
      return
    }
    begun(errand.id)
    const answered = (received: number): void =>
      answer(errand, received, response, () => closing(request.socket.remotePort))
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

function answer(errand: Errand, received: number, response: Response, closing: () => void): void {
  const end = (): void => {
    const until = now() + errand.spin
    while (now() < until);
    const body = answerTo(errand, received)
    response.setHeader('content-length', body.length)
    response.end(body)
    if (response instanceof ServerResponse && announcesClose(response)) closing()
  }
  if (errand.delay === 0) end()
  else setTimeout(end, errand.delay)
}

/** Reports whether the client is told of the close. A drain sets the header, and leaves `shouldKeepAlive` unchanged. */
function announcesClose(response: ServerResponse): boolean {
  return !response.shouldKeepAlive || /\bclose\b/i.test(String(response.getHeader('connection')))
}
