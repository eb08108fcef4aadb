import type { EventEmitter } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * The close frame of a WebSocket server that is going away: code 1001.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 RFC 6455, 5.5.1 and 7.4.1}
 */
const GOING_AWAY = Buffer.of(0x88, 0x02, 0x03, 0xe9)

const NOTHING = Buffer.alloc(0)

/** Reports whether the client has asked for a WebSocket, over HTTP/1 or HTTP/2 (RFC 8441). */
export function asksForWebSocket(headers: IncomingHttpHeaders): boolean {
  return /^websocket$/i.test(headers.upgrade ?? String(headers[':protocol']))
}

/**
 * Sends what was written, then a close frame with code 1001 if `mayClose`, then the end of the stream.
 *
 * Asks `mayClose` when everything that was written is sent, so that the frame is not in the middle of another one. Does
 * nothing if the application has ended the stream.
 */
export function endGoingAway(stream: Duplex, mayClose: () => boolean): void {
  if (stream.writableEnded || stream.destroyed) return
  // The application may still write, which is an error from now on.
  stream.on('error', ignore)
  const end = (): void => {
    if (stream.writableEnded || stream.destroyed) return
    stream.end(mayClose() ? GOING_AWAY : undefined)
    // Without a reader, the stream would not see that the client ends its side, too.
    if (stream.readableFlowing === null) stream.resume()
  }
  if (stream.writableLength > 0 && mayClose()) stream.write(NOTHING, end)
  else end()
}

/** Sends a close frame with code 1001 before the stream is destroyed, unless something else is being sent. */
export function sendGoingAway(stream: Duplex): boolean {
  if (stream.writableEnded || stream.destroyed || stream.writableLength > 0) return false
  stream.on('error', ignore)
  stream.end(GOING_AWAY)
  return true
}

/** A response of HTTP/1, a stream of HTTP/2, or its response. */
export type EndableResponse = EventEmitter & { end(): unknown }

/** Ends a response, and ignores what the application writes later. Reports whether `end()` returned. */
export function endResponse(response: EndableResponse): boolean {
  response.on('error', ignore)
  try {
    response.end()
    return true
  } catch {
    return false
  }
}

function ignore(): void {}
