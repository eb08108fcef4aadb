import type { Server as HttpServer } from 'node:http'
import type { Server, Socket } from 'node:net'
import { handedOver } from '@idle-shutdown/core/adapter'
import { httpSockets, idleSockets, isPlainHttp1 } from './idle-sockets.ts'
import { onceIdle } from './once-idle.ts'
import type { Supervisor } from './supervisor.ts'

/**
 * Gives the connections of a plain HTTP/1 server back to the supervisor, each as soon as nothing is in progress on it. The
 * supervisor wakes the next process when they speak again: a client that reuses its connection just now does not lose its
 * request. Those of TLS and HTTP/2, upgraded ones, and those that did not come from the supervisor end as everywhere.
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

/** Gives a connection back as soon as nothing is in progress on it. Does nothing with a server that does not speak plain HTTP/1. */
export function giveBackOnceIdle(server: Server, socket: Socket, supervisor: Supervisor): void {
  if (isPlainHttp1(server)) onceIdle(server, socket, () => giveBack(server, socket, supervisor))
}

/** One that is piped is parked. Of any other this process reads nothing more, and the supervisor gets its handle. */
function giveBack(server: HttpServer, socket: Socket, supervisor: Supervisor): void {
  const listen = supervisor.listenOf(server)
  if (listen === undefined) return
  // JSON has no Infinity.
  const keepAlive = Number.isFinite(server.keepAliveTimeout) ? server.keepAliveTimeout : 0
  if (!supervisor.isDirect) {
    supervisor.parking.park(server, socket, keepAlive, () => giveBackOnceIdle(server, socket, supervisor))
    return
  }
  const stop = stopOf(socket)
  if (stop?.() === true) supervisor.giveBack(listen, socket, Object(Reflect.get(socket, '_handle')), keepAlive)
}

/** Stops reading in this very turn, by `readStop` of the handle, which is private (20 to 26); without it, nothing is given back. */
function stopOf(socket: Socket): (() => boolean) | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  const stop: unknown = Reflect.get(Object(handle), 'readStop')
  return typeof stop === 'function' ? () => Reflect.apply(stop, handle, []) === 0 : undefined
}
