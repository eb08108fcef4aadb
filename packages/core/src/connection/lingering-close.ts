import type { Socket } from 'node:net'
import { carriedBy } from './carrier.ts'
import { requestBeingRead } from './parser.ts'

/** Streams whose `destroySoon` is replaced. All watches share one replacement, so that they can end in any order. */
const shadowed = new WeakSet<Socket>()

/**
 * Replaces `destroySoon()` on this stream, so that its connections may close in stages. Node would close the stream as
 * soon as the last response is written. See decision 30.
 */
export function shadowDestroySoon(stream: Socket): void {
  if (shadowed.has(stream)) return
  shadowed.add(stream)
  const own: unknown = stream.destroySoon
  stream.destroySoon = () => {
    let taken = false
    for (let each = carriedBy(stream); each !== undefined; each = each.next) taken = each.closeInStages() || taken
    if (taken) return
    if (typeof own === 'function') own.call(stream)
    else stream.end()
  }
}

/**
 * Sends FIN after the last response, and reads on. Calls `sent` when the kernel has taken the FIN.
 *
 * TCP answers data for a closed socket with RST, and the client then discards what it has not read.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-9.6-12 RFC 9112, 9.6}
 */
export function endAndReadOn(stream: Socket, request: ReturnType<typeof requestBeingRead>, sent: () => void): void {
  discardBehind(stream, request)
  stream.end(() => {
    if (!stream.destroyed) sent()
  })
}

/** Reports whether the server has stopped reading, since the handler is slower than the body of its request. */
export function isHeldBack(stream: Socket): boolean {
  const request = requestBeingRead(stream)
  return request !== undefined && (stream.isPaused() || request.readableLength > 0)
}

/** Discards all input behind a request. The handler may still be reading its body, so that is not discarded. */
export function discardBehind(stream: Socket, request: ReturnType<typeof requestBeingRead>): void {
  if (request?.complete === false) request.once('end', () => discard(stream))
  else discard(stream)
}

/** Discards all further input. Without this, Node would parse the input and emit 'request'. */
function discard(stream: Socket): void {
  stream.removeAllListeners('data')
  // Adding a 'data' listener makes Node detach its parser from the socket (Node 20-26).
  stream.on('data', () => {})
  stream.resume()
}
