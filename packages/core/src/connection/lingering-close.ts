import type { Socket } from 'node:net'
import { carriedBy } from './carrier.ts'
import { requestBeingRead } from './parser.ts'

/** Streams of which `destroySoon` asks their connections first: one shadow for all watches, so that these end in any order. */
const shadowed = new WeakSet<Socket>()

/** Node closes a connection as soon as the last answer is written: from now on its connections may close it in stages instead. */
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
 * The last answer is given: sends FIN, and reads on. `sent` is called when the FIN is with the machine.
 *
 * To bytes that find a socket closed TCP answers with RST, and what the client has not read by then is lost.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-9.6-12 RFC 9112, 9.6}
 */
export function endAndReadOn(stream: Socket, request: ReturnType<typeof requestBeingRead>, sent: () => void): void {
  // The rest of its body is for whoever reads it.
  if (request?.complete === false) request.once('end', () => discard(stream))
  else discard(stream)
  stream.end(() => {
    if (!stream.destroyed) sent()
  })
}

/** Whether the handler does not keep up with the body of a request, so that the server itself has stopped to read. */
export function isHeldBack(stream: Socket): boolean {
  const request = requestBeingRead(stream)
  return request !== undefined && (stream.isPaused() || request.readableLength > 0)
}

/** Reads what still comes, and lets nobody have it: Node's parser would ask the application to answer. */
function discard(stream: Socket): void {
  stream.removeAllListeners('data')
  // At a listener of somebody else, Node takes the socket back from its parser (20 to 26).
  stream.on('data', () => {})
  stream.resume()
}
