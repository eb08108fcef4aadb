import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Carrier, carriedBy, carry } from './carrier.ts'
import { connectionOn, type Site } from './connection.ts'
import { Http1Connection } from './http1-connection.ts'

/** @see https://nodejs.org/api/diagnostics_channel.html#http */
const REQUEST_START = 'http.server.request.start'
const RESPONSE_FINISH = 'http.server.response.finish'

/** The message that Node publishes on both channels. Node guarantees its shape; a check would cost each request. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
}

let watching = 0

/**
 * Reports the begin and end of HTTP/1 requests to their connections. Returns a function that stops it.
 *
 * Uses Node's own channels. A listener of 'request' would miss requests that Node or `checkContinue` answers. It would
 * miss all requests if a package replaces the listeners of a server, as engine.io does.
 *
 * A listener of each response's 'close' would cost each request more than all of the counting. A response that closes
 * unfinished closes with its socket, which has a listener.
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

/** Reports to each connection of the request's socket, one for each watch, that the request has begun. */
function beginRequest(message: unknown): void {
  const { request, response, socket } = message as Exchange
  for (let each = carriedBy(socket) ?? adoptedBelow(socket); each !== undefined; each = each.next) {
    if (each instanceof Http1Connection) each.begin(request, response)
  }
}

/** Reports to each connection of the request's socket that the response is finished. */
function endRequest(message: unknown): void {
  const { response, socket } = message as Exchange
  for (let each = carriedBy(socket); each !== undefined; each = each.next) {
    if (each instanceof Http1Connection) each.closed(response)
  }
}

/** Listens to 'request' on runtimes without the channels. */
export function onRequest(request: IncomingMessage, response: ServerResponse): void {
  const exchange: Exchange = { request, response, socket: request.socket }
  response.on('close', () => endRequest(exchange))
  beginRequest(exchange)
}

/** Counts a response at one site. For a response that was in progress before its server was watched. */
export function adoptResponse(response: ServerResponse, site: Site): void {
  const { socket } = response.req
  if (carriedBy(socket) === undefined) adoptedBelow(socket)
  const connection = connectionOn(socket, site)
  if (connection instanceof Http1Connection) connection.adopt(response)
}

/**
 * Returns the connection below a TLS socket, and attaches it to the TLS socket.
 *
 * If the TLS socket was open before its server was watched, only the socket below it leads to the connection.
 */
function adoptedBelow(socket: Socket): ReturnType<typeof carriedBy> {
  // Return early: requests of servers that are not watched also arrive here, and must stay cheap.
  if (!('encrypted' in socket)) return undefined
  const below = socketBelow(socket)
  if (below === undefined) return undefined
  const connection = carriedBy(below)
  for (let each = connection; each !== undefined; each = each.next) each.stream = socket
  carry(socket, connection)
  return connection
}

/**
 * Returns the accepted socket below a TLS socket, or below the socket of an HTTP/2 session on a stream without a
 * handle.
 *
 * Reads the private members `_parent` and `stream` (Node 20-26).
 */
export function socketBelow(socket: object): Carrier | undefined {
  const below: unknown = Reflect.get(socket, '_parent') ?? Reflect.get(socket, 'stream')
  return isCarrier(below) ? below : undefined
}

function isCarrier(value: unknown): value is Carrier {
  return typeof value === 'object' && value !== null && 'destroyed' in value
}
