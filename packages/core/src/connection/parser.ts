import { IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

// Private members of Node: what each is read for, and what happens without it.

/**
 * Returns the piece of bytes of this socket that Node is parsing right now, one character per byte.
 * Returns an empty text between two pieces, and undefined if the runtime does not show it.
 *
 * Calls a private method, which Node itself calls for `rawPacket` of 'clientError' (Node 20-26).
 */
export function pieceBeingParsed(socket: Socket): string | undefined {
  const parser: unknown = Reflect.get(socket, 'parser')
  if (typeof parser !== 'object' || parser === null) return ''
  const piece: unknown = Object(parser).getCurrentBuffer?.()
  return Buffer.isBuffer(piece) ? piece.toString('latin1') : undefined
}

/** The request of which Node is reading the body, answered or not, where Node shows it (20 to 26). */
export function requestBeingRead(socket: Socket): IncomingMessage | undefined {
  const request: unknown = Object(Reflect.get(socket, 'parser')).incoming
  return request instanceof IncomingMessage && !request.complete ? request : undefined
}

/**
 * Whether the client may send the body of the request: with `Expect: 100-continue` it waits until it is told to (`_sent100`,
 * 20 to 26; without it, a body that is expected counts as not asked for).
 */
export function asksForBody(response: ServerResponse): boolean {
  return response.req.headers.expect === undefined || Reflect.get(response, '_sent100') === true
}

/**
 * The connections on which a request has begun to arrive and is not complete, as they were when a server was first asked
 * about here.
 *
 * A server's private list of its parsers has moved one to `active()` when the first byte of a request has come: a CRLF before
 * it, which RFC 9112, section 2.2 allows, moves none (20 to 26). A connection without a byte is among them as well on 20 to
 * 24, and on 26 in `idle()`, too.
 */
export class Arriving {
  readonly #lists = new Map<unknown, ReadonlySet<unknown> | undefined>()

  /** Whether a request is arriving on a socket, if that one has been read from. Undefined: Node does not show it. */
  has(socket: Socket): boolean | undefined {
    const server: unknown = Reflect.get(socket, 'server')
    if (!this.#lists.has(server)) this.#lists.set(server, arrivingAt(server))
    return this.#lists.get(server)?.has(Reflect.get(socket, 'parser'))
  }
}

let kConnections: symbol | undefined

function arrivingAt(server: unknown): ReadonlySet<unknown> | undefined {
  if (typeof server !== 'object' || server === null) return undefined
  kConnections ??= Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  )
  const list: unknown = kConnections && Reflect.get(server, kConnections)
  const [active, idle] = [ask(list, 'active'), ask(list, 'idle')]
  if (active === undefined || idle === undefined) return undefined
  const silent = active.length > 0 ? new Set(idle) : undefined
  return new Set(active.filter((parser) => !silent?.has(parser)))
}

function ask(list: unknown, method: 'active' | 'idle'): readonly unknown[] | undefined {
  const parsers: unknown = Object(list)[method]?.()
  return Array.isArray(parsers) ? parsers : undefined
}
