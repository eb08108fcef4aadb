import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { adoptTlsSocket } from './adoption.ts'
import { firstConnectionOn } from './connection.ts'
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
  for (let each = firstConnectionOn(socket) ?? adoptTlsSocket(socket); each !== undefined; each = each.next) {
    if (each instanceof Http1Connection) each.requestBegan(request, response)
  }
}

/** Reports to each connection of the request's socket that the response is finished. */
function endRequest(message: unknown): void {
  const { response, socket } = message as Exchange
  for (let each = firstConnectionOn(socket); each !== undefined; each = each.next) {
    if (each instanceof Http1Connection) each.requestFinished(response)
  }
}

/** Listens to 'request' on runtimes without the channels. */
export function onRequest(request: IncomingMessage, response: ServerResponse): void {
  const exchange: Exchange = { request, response, socket: request.socket }
  response.on('close', () => endRequest(exchange))
  beginRequest(exchange)
}
