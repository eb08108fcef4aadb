import { channel, subscribe } from 'node:diagnostics_channel'
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Workload } from './workloads.ts'

export const REQUEST_START = 'http.server.request.start'
export const RESPONSE_FINISH = 'http.server.response.finish'

const requestStart = channel(REQUEST_START)
const responseFinish = channel(RESPONSE_FINISH)

/**
 * Returns a server without Node's own work: Node neither parses nor writes. The remaining cost is that of the
 * listeners, which receive the same events as in Node, in the same order.
 */
export function memoryServer(): Server {
  const server = createServer(() => {})
  server.removeAllListeners('connection')
  return server
}

/**
 * Subscribes to both channels until this process ends. The first subscription and the last unsubscription change a
 * channel, and Node then discards the code compiled for it (Node 20-26). Variants that take turns would measure that.
 * With permanent subscribers, the cost of Node's messages is also part of bare Node.
 */
export function keepChannelsOpen(): void {
  for (const name of [REQUEST_START, RESPONSE_FINISH]) subscribe(name, () => {})
}

/** Opens a connection. */
export function connect(server: Server): Socket {
  const socket = new Socket()
  server.emit('connection', socket)
  return socket
}

/** Closes a connection. */
export function disconnect(socket: Socket): void {
  socket.emit('close', false)
}

/** Creates the next request on a connection, which is used many times. */
export function requestOn(socket: Socket): IncomingMessage {
  const request = new IncomingMessage(socket)
  request.method = 'GET'
  request.url = '/'
  return request
}

/** Starts a request, as Node's parserOnIncoming does. */
export function beginRequest(server: Server, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request)
  const { socket } = request
  response.on('finish', onFinish.bind(undefined, request, response, socket, server))
  if (requestStart.hasSubscribers) requestStart.publish({ request, response, socket, server })
  server.emit('request', request, response)
  return response
}

/** Publishes the end of a response, as Node's resOnFinish does. */
function onFinish(request: IncomingMessage, response: ServerResponse, socket: Socket, server: Server): void {
  if (responseFinish.hasSubscribers) responseFinish.publish({ request, response, socket, server })
}

/** Flushes and closes the response of a request. */
export function endRequest(response: ServerResponse): void {
  response.emit('finish')
  response.emit('close')
}

/** Returns a function that does one kind of work a given number of times. */
export function repeat(server: Server, work: Workload): (times: number) => void {
  if (work === 'connection') {
    return (times) => {
      for (let done = 0; done < times; done++) disconnect(connect(server))
    }
  }
  const request = requestOn(connect(server))
  const other = beginRequest(server, requestOn(connect(server)))
  // Both connections have had their first request, so only requests count now.
  endRequest(beginRequest(server, request))
  if (work === 'last') endRequest(other)
  return (times) => {
    for (let done = 0; done < times; done++) endRequest(beginRequest(server, request))
  }
}
