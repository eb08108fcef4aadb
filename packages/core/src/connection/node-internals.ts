import { IncomingMessage, type ServerResponse } from 'node:http'
import type { Http2ServerResponse, Http2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'

// The only reader of Node's private members in this package: one function per member. Each comment names the member,
// the versions that have it, and the effect without it. `node-internals.test.ts` checks each one on each version.

/**
 * Reports whether the runtime is Node. Bun and Deno have some of its private members, but do not call or change them. By
 * these members, an upload or stream that moves would look silent.
 */
export const isNode: boolean = !('bun' in process.versions || 'deno' in process.versions)

// Sockets and servers

/**
 * Returns the open handles of this thread, sockets and servers among them (`process._getActiveHandles()`, Node 20-26).
 * Returns none without it, so that connections that were open before their server was watched are not seen.
 */
export function activeHandles(): unknown[] {
  const handles: unknown = Object(process)._getActiveHandles?.()
  return Array.isArray(handles) ? handles : []
}

/** Returns the server that has accepted a socket (`socket.server`, Node 20-26). Returns undefined without it. */
export function serverOf(socket: unknown): unknown {
  return Object(socket).server
}

/**
 * Returns the accepted socket below a TLS socket (`_parent`, Node 20-26). Without it, a TLS connection is not
 * recognized.
 *
 * Also returns the socket below that of an HTTP/2 session on a stream without a handle (`stream`, Node 20-26).
 */
export function socketBelow(socket: object): Socket | undefined {
  const below: unknown = Reflect.get(socket, '_parent') ?? Reflect.get(socket, 'stream')
  return isSocket(below) ? below : undefined
}

function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'destroyed' in value
}

/**
 * Returns the number of bytes that the handle of a socket has queued (`_handle.writeQueueSize`, Node 20-26). NaN
 * without it, so that no socket looks stuck.
 */
export function queuedBytes(socket: Socket): number {
  return Number(Object(Reflect.get(socket, '_handle')).writeQueueSize)
}

/**
 * Reports whether the application stores the session of a TLS socket, so that writes wait (`_newSessionPending`, Node
 * 20-26). Returns `false` without it.
 */
export function storesSession(socket: Socket): boolean {
  return Reflect.get(socket, '_newSessionPending') === true
}

// HTTP/1

/**
 * Reports whether a connection left HTTP, since Node sets `socket.parser` to null on upgrade (Node 20-26). Returns
 * `false` without it.
 */
export function hasLeftHttp(socket: Socket): boolean {
  return parserOf(socket) === null
}

/**
 * Returns the chunk of this socket that Node is parsing right now, one character per byte. Returns an empty text
 * between two chunks, and undefined if the runtime does not show it.
 *
 * Calls `parser.getCurrentBuffer()`, which Node itself calls for `rawPacket` of 'clientError' (Node 20-26).
 */
export function chunkBeingParsed(socket: Socket): string | undefined {
  const parser = parserOf(socket)
  if (typeof parser !== 'object' || parser === null) return ''
  const chunk: unknown = Object(parser).getCurrentBuffer?.()
  return Buffer.isBuffer(chunk) ? chunk.toString('latin1') : undefined
}

/**
 * Returns the request whose body Node is reading, answered or not (`parser.incoming`, Node 20-26; without it,
 * undefined).
 */
export function requestBeingRead(socket: Socket): IncomingMessage | undefined {
  const request: unknown = Object(parserOf(socket)).incoming
  return request instanceof IncomingMessage && !request.complete ? request : undefined
}

/**
 * Returns the response that Node writes to a socket (`_httpMessage`, Node 20-26). Without it, a response that was in
 * progress before its server was watched does not count.
 */
export function currentResponse(socket: Socket): unknown {
  return Reflect.get(socket, '_httpMessage')
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
 * Reports whether the head of a response has been written, without a `Content-Length` (`_headerSent`, `_contentLength`,
 * Node 20-26). `headersSent` is also true if the head is only composed. Without these members, it is used instead, and
 * a length that was given to `writeHead()` is not seen.
 */
export function hasStreamHead(response: ServerResponse): boolean {
  const sent: unknown = Reflect.get(response, '_headerSent') ?? response.headersSent
  if (sent !== true) return false
  return typeof Reflect.get(response, '_contentLength') !== 'number' && !response.hasHeader('content-length')
}

/**
 * Passes the headers of a response through `change` when Node writes its head. Returns `false` if the runtime does not
 * write its heads by `_storeHeader()`.
 *
 * Only this method sees the head as it is sent. `on-headers` changes the head in `writeHead` (Node 20-26).
 */
export function changeHeadersOf(response: ServerResponse, change: (headers: unknown) => unknown): boolean {
  const store: unknown = Reflect.get(response, '_storeHeader')
  if (typeof store !== 'function' || !isNode) return false
  const value = (line: string, headers: unknown): void => {
    store.call(response, line, change(headers))
  }
  Object.defineProperty(response, '_storeHeader', { value, configurable: true, writable: true })
  return true
}

/**
 * The connections on which a request has begun to arrive and is not complete. Reads the list of each server once, at
 * the first question.
 *
 * Node's private list of parsers (`server[Symbol(http.server.connections)]`) moves a parser to `active()` at the first
 * byte of a request. A CRLF before the request, which RFC 9112, section 2.2 allows, does not move it (Node 20-26). A
 * connection without a byte is in `active()` as well on Node 20-24. On Node 26 it is in both `active()` and `idle()`.
 */
export class Arriving {
  readonly #lists = new Map<unknown, ReadonlySet<unknown> | undefined>()

  /**
   * Reports whether a request is arriving on a socket from which bytes have been read. Returns undefined if Node does
   * not show it.
   */
  has(socket: Socket): boolean | undefined {
    const server = serverOf(socket)
    if (!this.#lists.has(server)) this.#lists.set(server, arrivingAt(server))
    return this.#lists.get(server)?.has(parserOf(socket))
  }
}

let kConnections: symbol | undefined

function arrivingAt(server: unknown): ReadonlySet<unknown> | undefined {
  if (typeof server !== 'object' || server === null) return undefined
  kConnections ??= symbolNamed(server, 'http.server.connections')
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

function parserOf(socket: Socket): unknown {
  return Reflect.get(socket, 'parser')
}

// HTTP/2

/**
 * Returns the number of open streams of a session, including pushed streams, which no event shows
 * (`session[Symbol(state)].streams`, Node 20-26). Returns 0 without it.
 */
export function openStreams(session: Http2Session): number {
  // Not `instanceof Map`: Node's own Maps have no prototype.
  const { size } = Object(Object(privately(session, 'state')).streams)
  return typeof size === 'number' ? size : 0
}

/**
 * Returns the handle of a stream (`stream[Symbol(kHandle)]`, Node 20-26), of which Node drops its reference before it
 * emits 'close'. Returns undefined without it.
 */
export function handleOf(stream: ServerHttp2Stream): unknown {
  return privately(stream, 'kHandle')
}

/**
 * Returns the number of DATA bytes that a stream has read and written, by its handle (`bytesRead`, `bytesWritten`, Node
 * 20-26). Returns 0 without it, so that traffic on the stream is not seen.
 */
export function bytesOn(stream: ServerHttp2Stream, handle: unknown = handleOf(stream)): number {
  const { bytesRead, bytesWritten } = Object(handle)
  return typeof bytesRead === 'number' && typeof bytesWritten === 'number' ? bytesRead + bytesWritten : 0
}

/**
 * Returns the number of DATA bytes that a stream has written (`stream[Symbol(kHandle)]`, Node 20-26). Returns NaN if
 * some of them are not handed to the session, or without the member.
 */
export function bytesWrittenOn(stream: ServerHttp2Stream): number {
  return stream.writableLength > 0 ? Number.NaN : Number(Object(handleOf(stream)).bytesWritten)
}

/**
 * Returns the response of Node's compatibility layer on a stream (`stream[Symbol(response)]`, Node 20-26). Packages that
 * compress replace its `end()`. Returns undefined without it.
 */
export function responseOf(stream: ServerHttp2Stream): Http2ServerResponse | undefined {
  const response: unknown = privately(stream, 'response')
  return isResponse(response) ? response : undefined
}

function isResponse(value: unknown): value is Http2ServerResponse {
  return typeof value === 'object' && value !== null && 'end' in value
}

function privately(object: object, name: string): unknown {
  const key = symbolNamed(object, name)
  return key === undefined ? undefined : Reflect.get(object, key)
}

function symbolNamed(object: object, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find(({ description }) => description === name)
}
