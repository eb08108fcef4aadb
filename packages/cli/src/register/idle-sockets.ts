import type { Server as HttpServer } from 'node:http'
import { type Server, Socket } from 'node:net'

/** Reports whether a server speaks plain HTTP/1: of TLS and HTTP/2, a connection has a state that cannot be given away. */
export function isPlainHttp1(server: Server): server is HttpServer {
  return 'closeIdleConnections' in server && !('setSecureContext' in server)
}

/** Returns the connections that speak HTTP: those without a request yet too, and none that was upgraded. */
export function httpSockets(server: HttpServer): Socket[] {
  return listed(server, 'all')
}

/**
 * Returns the connections on which nothing is in progress, not even the first byte of a head, and all is written.
 *
 * Node's list leaves out each connection of which a message has begun, and a fresh one (20 to 26). Line ends between two
 * requests begin none.
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

/** Reads a private member of Node, the server's list of connections (20 to 26). Without it, there are none. */
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
