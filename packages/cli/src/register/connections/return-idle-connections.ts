import type { Server as HttpServer } from 'node:http'
import type { Server, Socket } from 'node:net'
import { handedOver } from '@idle-shutdown/core/adapter'
import { readStopOf } from '../../socket-handle.ts'
import { httpSockets, idleSockets, isPlainHttp1 } from './idle-sockets.ts'
import { onceIdle } from './once-idle.ts'
import type { Parking } from './parking.ts'

/** The supervisor, as far as it takes connections back. */
export interface ConnectionOwner {
  /** Reports whether connections arrive as sockets, which can be returned as such. */
  readonly isDirect: boolean
  /** The connections that are piped to this process. */
  readonly parking: Parking
  /** Reports whether a connection came from the supervisor. */
  isFromSupervisor(socket: Socket): boolean
  /** Returns the index of an address that a server serves, or served. */
  listenOf(server: Server): number | undefined
  /** Returns an idle connection, which its server would close after `keepAlive` ms. */
  returnConnection(listen: number, socket: Socket, handle: object, keepAlive: number): void
}

/**
 * Hands the connections of a plain HTTP/1 server back to the supervisor, each as soon as nothing is in progress on it.
 *
 * The supervisor starts the next process when one of them sends data again. So a client that reuses its connection now
 * does not lose its request. Connections of TLS and HTTP/2, upgraded ones, and those that did not come from the
 * supervisor are closed as usual.
 */
export function returnIdleConnections(server: Server, supervisor: ConnectionOwner): void {
  if (!isPlainHttp1(server)) return
  const idle = new Set(idleSockets(server))
  for (const socket of httpSockets(server)) {
    if (!supervisor.isFromSupervisor(socket) || readStopOf(socket) === undefined) continue
    handedOver.add(socket)
    if (idle.has(socket)) returnConnection(server, socket, supervisor)
    else returnOnceIdle(server, socket, supervisor)
  }
}

/**
 * Hands a connection back as soon as nothing is in progress on it. Does nothing if the server does not speak plain
 * HTTP/1.
 */
export function returnOnceIdle(server: Server, socket: Socket, supervisor: ConnectionOwner): void {
  if (isPlainHttp1(server)) onceIdle(server, socket, () => returnConnection(server, socket, supervisor))
}

/** Parks a piped connection. Stops reading any other connection, and sends its handle to the supervisor. */
function returnConnection(server: HttpServer, socket: Socket, supervisor: ConnectionOwner): void {
  const listen = supervisor.listenOf(server)
  if (listen === undefined) return
  // JSON has no Infinity, and 0 means forever.
  const keepAlive = Number.isFinite(server.keepAliveTimeout) ? server.keepAliveTimeout : 0
  if (!supervisor.isDirect) {
    supervisor.parking.park(server, socket, keepAlive, () => returnOnceIdle(server, socket, supervisor))
    return
  }
  const stop = readStopOf(socket)
  if (stop?.() === true) supervisor.returnConnection(listen, socket, Object(Reflect.get(socket, '_handle')), keepAlive)
}
