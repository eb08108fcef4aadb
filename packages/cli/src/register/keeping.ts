import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'
import { idleSockets, isPlainHttp1 } from './idle-sockets.ts'
import type { Supervisor } from './supervisor.ts'

/**
 * Gives the idle connections of a plain HTTP/1 server back to the supervisor, which wakes the next process when they speak
 * again: a client that reuses its connection just now does not lose its request. Those of TLS and HTTP/2, upgraded ones, and
 * those that did not come from the supervisor end as everywhere.
 */
export function giveBackIdle(server: Server, supervisor: Supervisor): void {
  if (!isPlainHttp1(server)) return
  for (const socket of idleSockets(server)) giveBack(server, socket, supervisor)
}

/**
 * Gives a connection back as soon as its request is answered: it was let in beyond what the server allows, and a new one
 * would find the server full. Does nothing with a server that does not speak plain HTTP/1.
 */
export function giveBackOnceIdle(server: Server, socket: Socket, supervisor: Supervisor): void {
  if (!isPlainHttp1(server)) return
  const begun = (request: IncomingMessage, response: ServerResponse): void => {
    // Node lets go of the response only after its 'close', and goes on to a pipelined one.
    if (request.socket === socket) response.once('close', () => setImmediate(look))
  }
  const look = (): void => {
    if (!idleSockets(server).includes(socket)) return
    server.off('request', begun)
    giveBack(server, socket, supervisor)
  }
  server.prependListener('request', begun)
  socket.once('close', () => server.off('request', begun))
}

/**
 * One that is piped is parked. Of any other this process reads nothing more, and the supervisor gets its handle.
 *
 * Needs `readStop` of the handle (20 to 26). Without it nothing is given back.
 */
function giveBack(server: HttpServer, socket: Socket, supervisor: Supervisor): void {
  const listen = supervisor.listenOf(server)
  if (listen === undefined) return
  // JSON has no Infinity.
  const keepAlive = Number.isFinite(server.keepAliveTimeout) ? server.keepAliveTimeout : 0
  if (!supervisor.isDirect) {
    supervisor.parking.park(server, socket, keepAlive)
    return
  }
  if (!supervisor.delivered(socket)) return
  const handle: unknown = Reflect.get(socket, '_handle')
  const stop: unknown = Reflect.get(Object(handle), 'readStop')
  if (typeof handle !== 'object' || handle === null || typeof stop !== 'function') return
  if (Reflect.apply(stop, handle, []) === 0) supervisor.giveBack(listen, socket, handle, keepAlive)
}
