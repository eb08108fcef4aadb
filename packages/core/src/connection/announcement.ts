import { OutgoingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { endOfHead, holdsRequestLine, isFollowed } from './head-text.ts'
import { discardBehind } from './lingering-close.ts'
import { changeHeadersOf, chunkBeingParsed } from './node-internals.ts'

const { getHeader, getHeaderNames, removeHeader, setHeader } = OutgoingMessage.prototype

/**
 * Announces the close of one connection in a drain: puts `Connection: close` on the head of the last response.
 *
 * Makes the decision only when the head is written, since a later request may be pipelined until then. Node drops all requests behind a
 * response with `Connection: close`.
 *
 * Replaces the application's own `Connection` header, which `shouldKeepAlive` would not, and removes its `Keep-Alive`
 * header.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-9.6 RFC 9112, 9.6}
 */
export class Announcement {
  readonly #transport: Socket
  readonly #isLast: (response: ServerResponse) => boolean
  /** The chunk that held the end of the newest head, and the index after that head. */
  #chunk = ''
  #end: number | undefined
  /** The response that announces the close on a runtime that does not show its heads. */
  #kept: ServerResponse | undefined

  /** Takes `isLast`, which reports whether no request has begun behind the request of a response. */
  constructor(transport: Socket, isLast: (response: ServerResponse) => boolean) {
    this.#transport = transport
    this.#isLast = isLast
  }

  /**
   * Makes a response announce the close if it is the last response when its head is written. Called in the order of the
   * requests.
   */
  add(response: ServerResponse): void {
    this.#locate(response)
    if (response.headersSent) return
    const change = (headers: unknown): unknown => {
      if (!this.#announces(response)) return headers
      // A request that follows could not be answered (RFC 9112, 9.6). Ticks run after the parser has seen this request.
      process.nextTick(discardBehind, this.#transport, response.req)
      return closing(response, headers)
    }
    if (changeHeadersOf(response, change)) return
    // Bun does not show whether further requests are in the same chunk.
    if (chunkBeingParsed(this.#transport) === undefined) process.nextTick(() => this.#keepOnlyLast(response))
    else this.#keepOnlyLast(response)
  }

  /** Announces without the head, as far as Bun and Deno allow. A later response takes the announcement over. */
  #keepOnlyLast(response: ServerResponse): void {
    if (this.#kept !== undefined && !this.#kept.headersSent) this.#kept.shouldKeepAlive = true
    this.#kept = undefined
    if (response.headersSent || !response.shouldKeepAlive || !this.#isLast(response) || this.#transport.isPaused())
      return
    response.shouldKeepAlive = false
    this.#kept = response
  }

  /** Remembers how much of the chunk that Node is parsing belongs to requests that have begun. */
  #locate({ req }: ServerResponse): void {
    const chunk = chunkBeingParsed(this.#transport) ?? ''
    const from = chunk === this.#chunk && this.#end !== undefined && this.#end < chunk.length ? this.#end : 0
    this.#chunk = chunk
    this.#end = chunk === '' ? undefined : endOfHead(chunk, req, from)
  }

  #announces(response: ServerResponse): boolean {
    // Another response follows an interim one, and after 101 the connection no longer speaks HTTP.
    if (response.statusCode < 200 || !this.#isLast(response)) return false
    // Node stops reading while writes are backed up, so a pipelined request may be waiting unread.
    return !this.#transport.isPaused() && !this.#isFollowed(response)
  }

  /** Reports whether Node is about to parse a further request that arrived with this one or with its body. */
  #isFollowed({ req }: ServerResponse): boolean {
    const chunk = chunkBeingParsed(this.#transport)
    if (chunk === undefined) return true
    if (chunk !== this.#chunk || this.#end === undefined) return holdsRequestLine(chunk)
    return chunk !== '' && isFollowed(chunk, this.#end, req)
  }
}

/** Returns the headers of a response, in one of the forms that Node accepts, with `Connection: close`. */
function closing(response: ServerResponse, headers: unknown): unknown {
  if (getHeaderNames.call(response).length > 0) {
    // Node's own record also holds the headers that were given to `writeHead`.
    setHeader.call(response, 'Connection', withClose([getHeader.call(response, 'connection')]))
    removeHeader.call(response, 'Keep-Alive')
    return headers
  }
  const pairs = pairsOf(headers)
  if (pairs === undefined) return headers
  const named = (name: string) => pairs.filter(([key]) => String(key).toLowerCase() === name)
  const replaced = new Set([...named('connection'), ...named('keep-alive')])
  const connection = withClose(named('connection').map(([, value]) => value))
  return [...pairs.filter((pair) => !replaced.has(pair)), ['Connection', connection]]
}

/** Returns undefined for headers that Node refuses. */
function pairsOf(headers: unknown): readonly (readonly unknown[])[] | undefined {
  if (!Array.isArray(headers)) return Object.entries(headers ?? {})
  if (Array.isArray(headers[0])) return headers
  if (headers.length % 2 !== 0) return undefined
  return Array.from({ length: headers.length / 2 }, (_, index) => headers.slice(2 * index, 2 * index + 2))
}

/** Returns the value of a `Connection` header: `close`, and all given options except `keep-alive`. */
function withClose(values: readonly unknown[]): string {
  const options = values
    .flat()
    .flatMap((value) => String(value ?? '').split(','))
    .map((option) => option.trim())
  return ['close', ...options.filter((option) => !['', 'close', 'keep-alive'].includes(option.toLowerCase()))].join(
    ', ',
  )
}
