import type { Server as HttpServer } from 'node:http'
import { type Server, Socket } from 'node:net'

/** Reports whether a server speaks plain HTTP/1: of TLS and HTTP/2, a connection has a state that cannot be given away. */
export function isPlainHttp1(server: Server): server is HttpServer {
  return 'closeIdleConnections' in server && !('setSecureContext' in server)
}

/**
 * Returns the connections on which nothing is in progress, not even the first byte of a head, and all is written.
 *
 * Reads private members of Node: the server's list of connections, whose `idle` leaves out each of which a message has begun, and
 * a fresh one (20 to 26). Line ends between two requests begin none. Without that list it returns none.
 */
export function idleSockets(server: HttpServer): Socket[] {
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
        socket.readable &&
        socket.writable &&
        socket.writableLength === 0 &&
        socket.readableLength === 0 &&
        !Reflect.get(socket, '_httpMessage'),
    )
}
