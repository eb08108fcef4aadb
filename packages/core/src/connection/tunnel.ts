import type { ServerHttp2Stream } from 'node:http2'
import type { ActivityCount } from './activity-count.ts'
import type { ConnectionContext } from './connection.ts'
import { asksForWebSocket, endGoingAway, sendGoingAway } from './going-away.ts'
import { bytesOn, bytesWrittenOn, handleOf } from './node-internals.ts'
import { requestOf } from './request-label.ts'
import { look, movedSinceDeadline, recordOf, type StreamRecord } from './stream-count.ts'

// The stream of a CONNECT, which has left HTTP: a WebSocket over HTTP/2 (RFC 8441), or a plain tunnel.

/** Records the number of bytes that have moved. Also sees those of a stream that emits 'close'. */
export function lookAtTunnel(context: ConnectionContext, stream: ServerHttp2Stream): StreamRecord {
  const record = recordOf(context, stream)
  record.handle ??= handleOf(stream)
  look(record, bytesOn(stream, record.handle), context.countdown.clock.date())
  return record
}

/** Reports whether bytes have moved since the last deadline. */
export function tunnelMoved(context: ConnectionContext, stream: ServerHttp2Stream): boolean {
  return movedSinceDeadline(lookAtTunnel(context, stream))
}

/** Records that the end is decided. Returns the count from now on: one that was silent counts as ignored. */
export function decideTunnelEnd(
  context: ConnectionContext,
  stream: ServerHttp2Stream,
  count: ActivityCount,
): ActivityCount {
  const record = recordOf(context, stream)
  record.writtenAtEnd = bytesWrittenOn(stream)
  return count === 'traffic' && bytesOn(stream) === record.bytes ? 'ignore' : count
}

/**
 * Ends a tunnel: a WebSocket by a close frame, unless the application has written to it since the end was decided. One
 * without a response is refused.
 */
export function endTunnel(context: ConnectionContext, stream: ServerHttp2Stream): void {
  const record = recordOf(context, stream)
  record.ended = true
  if (!stream.headersSent) {
    stream.close()
    return
  }
  // The client may go on sending.
  if (stream.writableFinished) stream.close()
  else stream.once('finish', () => stream.close())
  const { writtenAtEnd = bytesWrittenOn(stream) } = record
  endGoingAway(stream, () => isAcceptedWebSocket(stream) && bytesWrittenOn(stream) === writtenAtEnd)
}

/** Sends a close frame to a WebSocket. Reports whether it was sent. */
export function sendTunnelAway(context: ConnectionContext, stream: ServerHttp2Stream): boolean {
  if (!isAcceptedWebSocket(stream) || !sendGoingAway(stream)) return false
  recordOf(context, stream).ended = true
  return true
}

function isAcceptedWebSocket(stream: ServerHttp2Stream): boolean {
  return stream.headersSent && stream.sentHeaders[':status'] === 200 && asksForWebSocket(requestOf(stream) ?? {})
}
