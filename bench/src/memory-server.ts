import { channel, subscribe } from 'node:diagnostics_channel'
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Work } from './work.ts'

export const REQUEST_START = 'http.server.request.start'
export const RESPONSE_FINISH = 'http.server.response.finish'

const requestStart = channel(REQUEST_START)
const responseFinish = channel(RESPONSE_FINISH)

/**
 * A server without Node's own work: nobody parses, nobody writes. What is left is what Node tells its listeners, in its order,
 * and so what they cost.
 */
export function memoryServer(): Server {
  const server = createServer(() => {})
  server.removeAllListeners('connection')
  return server
}

/**
 * Has both channels listened to for as long as this process lives. Who subscribes first, or unsubscribes last, changes the channel, and
 * Node throws away what was compiled for it (20 to 26): where variants take turns, that would be measured. What Node takes to make its
 * messages is then part of bare Node, too.
 */
export function keepChannelsOpen(): void {
  for (const name of [REQUEST_START, RESPONSE_FINISH]) subscribe(name, () => {})
}

/** A connection comes. */
export function connect(server: Server): Socket {
  const socket = new Socket()
  server.emit('connection', socket)
  return socket
}

/** A connection goes. */
export function disconnect(socket: Socket): void {
  socket.emit('close', false)
}

/** The next request on a connection, which is used again and again. */
export function requestOn(socket: Socket): IncomingMessage {
  const request = new IncomingMessage(socket)
  request.method = 'GET'
  request.url = '/'
  return request
}

/** A request begins, as in Node's parserOnIncoming. */
export function beginRequest(server: Server, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request)
  const { socket } = request
  response.on('finish', onFinish.bind(undefined, request, response, socket, server))
  if (requestStart.hasSubscribers) requestStart.publish({ request, response, socket, server })
  server.emit('request', request, response)
  return response
}

/** As Node's resOnFinish. */
function onFinish(request: IncomingMessage, response: ServerResponse, socket: Socket, server: Server): void {
  if (responseFinish.hasSubscribers) responseFinish.publish({ request, response, socket, server })
}

/** Its response is flushed, and closed. */
export function endRequest(response: ServerResponse): void {
  response.emit('finish')
  response.emit('close')
}

/** What does some work so many times. */
export function workOn(server: Server, work: Work): (times: number) => void {
  if (work === 'connection') {
    return (times) => {
      for (let done = 0; done < times; done++) disconnect(connect(server))
    }
  }
  const request = requestOn(connect(server))
  const other = beginRequest(server, requestOn(connect(server)))
  // The bare connections have had their first request: only requests count now.
  endRequest(beginRequest(server, request))
  if (work === 'last') endRequest(other)
  return (times) => {
    for (let done = 0; done < times; done++) endRequest(beginRequest(server, request))
  }
}
