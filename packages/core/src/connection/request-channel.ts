import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Carrier, carriedBy, carry } from './carrier.ts'
import { connectionOn, type Site } from './connection.ts'
import { Http1Connection } from './http1-connection.ts'

/** @see https://nodejs.org/api/diagnostics_channel.html#http */
const REQUEST_START = 'http.server.request.start'
const RESPONSE_FINISH = 'http.server.response.finish'

/** What Node publishes on both channels. Its shape is Node's to keep; checking it would cost every request. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
}

let watching = 0

/**
 * Lets connections see their HTTP/1 requests begin and finish, until the undo is called.
 *
 * Through Node's own channels: a listener of 'request' would miss those that Node or `checkContinue` answer, and all of them
 * where somebody replaces the listeners of a server (engine.io does). A listener of each response's 'close' would cost every
 * request more than all of the counting; what closes without having finished does so with its socket, which tells.
 */
export function watchRequests(): () => void {
  if (watching++ === 0) {
    subscribe(REQUEST_START, beginRequest)
    subscribe(RESPONSE_FINISH, endRequest)
  }
  let undone = false
  return () => {
    if (undone) return
    undone = true
    if (--watching > 0) return
    unsubscribe(REQUEST_START, beginRequest)
    unsubscribe(RESPONSE_FINISH, endRequest)
  }
}

/** Tells the connections of a request's socket, one for each watch, that it has begun. */
function beginRequest(message: unknown): void {
  const { request, response, socket } = message as Exchange
  for (let each = carriedBy(socket) ?? adoptedBelow(socket); each !== undefined; each = each.next) {
    if (each instanceof Http1Connection) each.begin(request, response)
  }
}

/** Tells them that it was answered. */
function endRequest(message: unknown): void {
  const { response, socket } = message as Exchange
  for (let each = carriedBy(socket); each !== undefined; each = each.next) {
    if (each instanceof Http1Connection) each.closed(response)
  }
}

/** A listener of 'request', where no channel tells. */
export function onRequest(request: IncomingMessage, response: ServerResponse): void {
  const exchange: Exchange = { request, response, socket: request.socket }
  response.on('close', () => endRequest(exchange))
  beginRequest(exchange)
}

/** Counts, at one site, a response that was in progress before its server was watched. */
export function adoptResponse(response: ServerResponse, site: Site): void {
  const { socket } = response.req
  if (carriedBy(socket) === undefined) adoptedBelow(socket)
  const connection = connectionOn(socket, site)
  if (connection instanceof Http1Connection) connection.adopt(response)
}

/** A TLS socket that was open before its server was watched is known by the socket below it only. */
function adoptedBelow(socket: Socket): ReturnType<typeof carriedBy> {
  // Requests of servers that nobody watches come here, too, and should not be felt.
  if (!('encrypted' in socket)) return undefined
  const below = socketBelow(socket)
  if (below === undefined) return undefined
  const connection = carriedBy(below)
  for (let each = connection; each !== undefined; each = each.next) each.stream = socket
  carry(socket, connection)
  return connection
}

/**
 * The accepted socket below a TLS socket, or below what an HTTP/2 session makes of a stream that has no handle of its own.
 * `_parent` and `stream` have led there on every version, 20 to 26.
 */
export function socketBelow(socket: object): Carrier | undefined {
  const below: unknown = Reflect.get(socket, '_parent') ?? Reflect.get(socket, 'stream')
  return isCarrier(below) ? below : undefined
}

function isCarrier(value: unknown): value is Carrier {
  return typeof value === 'object' && value !== null && 'destroyed' in value
}
