import type { Server as HttpServer } from 'node:http'
import { type Server, Socket } from 'node:net'
import type { Supervisor } from './supervisor.ts'

/**
 * Gives the idle connections of a plain HTTP/1 server back to the supervisor, which wakes the next process when they speak
 * again: a client that reuses its connection just now does not lose its request. Of connections that are piped here, only this
 * end is closed, once it is sure that nothing is on its way. Those of TLS and HTTP/2, and upgraded ones,
 * have a state that cannot be given away; they end as everywhere.
 *
 * Needs private members of Node: `readStop` of a socket's handle, so that nothing more is read here, and the server's list
 * of connections, which knows whether any byte of a next request has come (20 to 26). Without them nothing is given back.
 */
export function giveBackIdle(server: Server, supervisor: Supervisor): void {
  if (supervisor.listenOf(server) === undefined || 'setSecureContext' in server || !isHttp1(server)) return
  for (const socket of idleSockets(server)) {
    if (!supervisor.isDirect) {
      supervisor.park(socket)
      continue
    }
    const handle: unknown = Reflect.get(socket, '_handle')
    const stop: unknown = Reflect.get(Object(handle), 'readStop')
    if (typeof handle !== 'object' || handle === null || typeof stop !== 'function') continue
    const listen = supervisor.listenOf(server, socket)
    // A client that called a port of the server's own is not the supervisor's.
    if (listen === undefined) continue
    if (Reflect.apply(stop, handle, []) !== 0) continue
    supervisor.giveBack(listen, socket, handle)
  }
}

function isHttp1(server: Server): server is HttpServer {
  return 'closeIdleConnections' in server
}

/** Connections on which nothing is in progress, not even the first byte of a head, and all is written. */
function idleSockets(server: HttpServer): Socket[] {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  )
  const list: unknown = symbol && Reflect.get(server, symbol)
  const idle: unknown = Reflect.get(Object(list), 'idle')
  const parsers: unknown = typeof idle === 'function' ? Reflect.apply(idle, list, []) : []
  if (!Array.isArray(parsers)) return []
  return parsers
    .map((parser: unknown): unknown => Reflect.get(Object(parser), 'socket'))
    .filter(
      (socket): socket is Socket =>
        socket instanceof Socket &&
        !socket.destroyed &&
        socket.writable &&
        socket.writableLength === 0 &&
        socket.readableLength === 0 &&
        !Reflect.get(socket, '_httpMessage'),
    )
}
