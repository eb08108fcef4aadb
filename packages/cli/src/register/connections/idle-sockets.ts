import type { Server as HttpServer } from 'node:http'
import { type Server, Socket } from 'node:net'

/**
 * Reports whether a server speaks plain HTTP/1. A connection of TLS or HTTP/2 has state that cannot move to another
 * process.
 */
export function isPlainHttp1(server: Server): server is HttpServer {
  return 'closeIdleConnections' in server && !('setSecureContext' in server)
}

/** Returns the connections that speak HTTP, also those without a request yet. Upgraded connections are left out. */
export function httpSockets(server: HttpServer): Socket[] {
  return listed(server, 'all')
}

/**
 * Returns the connections on which nothing is in progress, not even the first byte of a head, and all data is written.
 *
 * Node's list leaves out each connection on which a message has begun, and each new connection (Node 20-26). Line ends
 * between two requests do not begin a message.
 */
export function idleSockets(server: HttpServer): Socket[] {
  return listed(server, 'idle').filter(
    (socket) =>
      !socket.destroyed &&
      socket.readable &&
      socket.writable &&
      socket.writableLength === 0 &&
      socket.readableLength === 0 &&
      !Reflect.get(socket, '_httpMessage'),
  )
}

/** Reads the server's list of connections, a private member of Node (Node 20-26). Returns nothing without it. */
function listed(server: HttpServer, which: 'all' | 'idle'): Socket[] {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  )
  const list: unknown = symbol && Reflect.get(server, symbol)
  const method: unknown = Reflect.get(Object(list), which)
  const parsers: unknown = typeof method === 'function' ? Reflect.apply(method, list, []) : []
  if (!Array.isArray(parsers)) return []
  return parsers
    .map((parser: unknown): unknown => Reflect.get(Object(parser), 'socket'))
    .filter((socket): socket is Socket => socket instanceof Socket)
}
