import type { Server as HttpServer } from 'node:http'
import type { Server, Socket } from 'node:net'
import { handedOver } from '@idle-shutdown/core/adapter'
import { httpSockets, idleSockets, isPlainHttp1 } from './idle-sockets.ts'
import { onceIdle } from './once-idle.ts'
import type { Supervisor } from './supervisor.ts'

/**
 * Hands the connections of a plain HTTP/1 server back to the supervisor, each as soon as nothing is in progress on it.
 *
 * The supervisor starts the next process when one of them sends data again. So a client that reuses its connection now
 * does not lose its request. Connections of TLS and HTTP/2, upgraded ones, and those that did not come from the
 * supervisor are closed as usual.
 */
export function giveBackAll(server: Server, supervisor: Supervisor): void {
  if (!isPlainHttp1(server)) return
  const idle = new Set(idleSockets(server))
  for (const socket of httpSockets(server)) {
    if (!supervisor.delivered(socket) || stopOf(socket) === undefined) continue
    handedOver.add(socket)
    if (idle.has(socket)) giveBack(server, socket, supervisor)
    else giveBackOnceIdle(server, socket, supervisor)
  }
}

/**
 * Hands a connection back as soon as nothing is in progress on it. Does nothing if the server does not speak plain
 * HTTP/1.
 */
export function giveBackOnceIdle(server: Server, socket: Socket, supervisor: Supervisor): void {
  if (isPlainHttp1(server)) onceIdle(server, socket, () => giveBack(server, socket, supervisor))
}

/** Parks a piped connection. Stops reading any other connection, and sends its handle to the supervisor. */
function giveBack(server: HttpServer, socket: Socket, supervisor: Supervisor): void {
  const listen = supervisor.listenOf(server)
  if (listen === undefined) return
  // JSON has no Infinity, and 0 means forever.
  const keepAlive = Number.isFinite(server.keepAliveTimeout) ? server.keepAliveTimeout : 0
  if (!supervisor.isDirect) {
    supervisor.parking.park(server, socket, keepAlive, () => giveBackOnceIdle(server, socket, supervisor))
    return
  }
  const stop = stopOf(socket)
  if (stop?.() === true) supervisor.giveBack(listen, socket, Object(Reflect.get(socket, '_handle')), keepAlive)
}

/**
 * Returns a function that stops reading within the same turn. Returns `undefined` without the handle's `readStop`,
 * which is private (Node 20-26). Nothing is given back then.
 */
function stopOf(socket: Socket): (() => boolean) | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  const stop: unknown = Reflect.get(Object(handle), 'readStop')
  return typeof stop === 'function' ? () => Reflect.apply(stop, handle, []) === 0 : undefined
}
