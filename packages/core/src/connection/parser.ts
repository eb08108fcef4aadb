import { IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

// Private members of Node. Each comment says what the member is for, and what happens if Node does not have it.

/**
 * Reports whether the runtime is Node. Bun and Deno have some of its private members, which are not called or do not
 * change there. An upload and a stream that move look silent.
 */
export const isNode: boolean = !('bun' in process.versions || 'deno' in process.versions)

/**
 * Returns the chunk of this socket that Node is parsing right now, one character per byte. Returns an empty text
 * between two chunks, and undefined if the runtime does not show it.
 *
 * Calls a private method, which Node itself calls for `rawPacket` of 'clientError' (Node 20-26).
 */
export function pieceBeingParsed(socket: Socket): string | undefined {
  const parser: unknown = Reflect.get(socket, 'parser')
  if (typeof parser !== 'object' || parser === null) return ''
  const piece: unknown = Object(parser).getCurrentBuffer?.()
  return Buffer.isBuffer(piece) ? piece.toString('latin1') : undefined
}

/**
 * Returns the request whose body Node is reading, answered or not (`parser.incoming`, Node 20-26; without it,
 * undefined).
 */
export function requestBeingRead(socket: Socket): IncomingMessage | undefined {
  const request: unknown = Object(Reflect.get(socket, 'parser')).incoming
  return request instanceof IncomingMessage && !request.complete ? request : undefined
}

/**
 * Reports whether the client may send the body of the request.
 *
 * With `Expect: 100-continue` the client waits for an interim response (`_sent100`, Node 20-26). Without that member,
 * an expected body counts as not asked for.
 */
export function asksForBody(response: ServerResponse): boolean {
  return response.req.headers.expect === undefined || Reflect.get(response, '_sent100') === true
}

/**
 * The connections on which a request has begun to arrive and is not complete. Reads the list of each server once, at
 * the first question.
 *
 * Node's private list of parsers moves a parser to `active()` at the first byte of a request. A CRLF before the
 * request, which RFC 9112, section 2.2 allows, does not move it (Node 20-26). A connection without a byte is in
 * `active()` as well on Node 20-24. On Node 26 it is in both `active()` and `idle()`.
 */
export class Arriving {
  readonly #lists = new Map<unknown, ReadonlySet<unknown> | undefined>()

  /**
   * Reports whether a request is arriving on a socket from which bytes have been read. Returns undefined if Node does
   * not show it.
   */
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
