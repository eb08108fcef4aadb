import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Carrier, carriedBy, carry } from './carrier.ts'
import { connectionOn, type Site } from './connection.ts'
import { Http1Connection, onResponseClose } from './http1-connection.ts'

/** @see https://nodejs.org/api/diagnostics_channel.html#http */
const REQUEST_START = 'http.server.request.start'

interface RequestStart {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

let watching = 0

/**
 * Lets connections see their HTTP/1 requests begin, until the undo is called.
 *
 * Through Node's own channel: a listener of 'request' would miss those that Node or `checkContinue` answer, and all of them
 * where somebody replaces the listeners of a server (engine.io does).
 */
export function watchRequests(): () => void {
  if (watching++ === 0) subscribe(REQUEST_START, onRequestStart)
  let undone = false
  return () => {
    if (undone) return
    undone = true
    if (--watching === 0) unsubscribe(REQUEST_START, onRequestStart)
  }
}

function onRequestStart(message: unknown): void {
  // The shape is Node's to keep; checking it here would cost every request.
  const { request, response } = message as RequestStart
  beginRequest(request, response)
}

/** Tells the connections of a request's socket, one for each watch, that it has begun. */
export function beginRequest(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request
  let connection = carriedBy(socket) ?? adoptedBelow(socket)
  if (connection === undefined) return
  response.on('close', onResponseClose)
  for (; connection !== undefined; connection = connection.next) {
    if (connection instanceof Http1Connection) connection.begin(request, response)
  }
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
