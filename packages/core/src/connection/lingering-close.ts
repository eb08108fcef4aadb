import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { count } from './bytes.ts'
import { connectionsOn } from './connection.ts'
import { requestBeingRead } from './node-internals.ts'

/**
 * Closes a connection in stages after its last response: sends FIN, and reads on until the client closes.
 *
 * TCP answers data for a closed socket with RST, and the client then discards what it has not read.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-9.6-12 RFC 9112, 9.6}
 */
export class LingeringClose {
  readonly #transport: Socket

  /** Makes `destroySoon()` of the transport start the close. Node calls it when the last response is written. */
  constructor(transport: Socket) {
    this.#transport = transport
    replaceDestroySoon(transport)
  }

  /**
   * Sends FIN and discards further input, after the rest of the body of `request`. Calls `sent` when the kernel has
   * taken the FIN.
   */
  start(request: IncomingMessage | undefined, sent: () => void): void {
    const transport = this.#transport
    discardBehind(transport, request)
    transport.end(() => {
      if (!transport.destroyed) sent()
    })
  }

  /** Reports whether the server has stopped reading, since the handler is slower than the body of its request. */
  get isHeldBack(): boolean {
    const request = requestBeingRead(this.#transport)
    return request !== undefined && (this.#transport.isPaused() || request.readableLength > 0)
  }
}

/** Streams whose `destroySoon` is replaced. All watches share one replacement, so that they can end in any order. */
const replaced = new WeakSet<Socket>()

/**
 * Replaces `destroySoon()` on this stream, so that its connections may close in stages. Node would close the stream as
 * soon as the last response is written, and a client that still sends would receive RST. See decision 30.
 */
function replaceDestroySoon(transport: Socket): void {
  if (replaced.has(transport)) return
  replaced.add(transport)
  const own: unknown = transport.destroySoon
  transport.destroySoon = () => {
    let closing = false
    for (const connection of connectionsOn(transport)) closing = connection.closeInStages() || closing
    if (closing) return
    if (typeof own === 'function') own.call(transport)
    else transport.end()
  }
}

/** Discards all input behind a request. The handler may still be reading its body, so that is not discarded. */
export function discardBehind(transport: Socket, request: IncomingMessage | undefined): void {
  if (request?.complete === false) request.once('end', () => discard(transport))
  else discard(transport)
}

/** Discards all further input. Without this, Node would parse the input and emit 'request'. */
function discard(transport: Socket): void {
  transport.removeAllListeners('data')
  // Adding a 'data' listener makes Node detach its parser from the socket (Node 20-26).
  transport.on('data', count)
  transport.resume()
}
