import { type Server as HttpServer, type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { idleSockets } from './idle-sockets.ts'

/** The connections of each server that are awaited, with their callbacks. */
const awaited = new WeakMap<HttpServer, Map<Socket, () => void>>()
/** The responses whose end is awaited. */
const followed = new WeakSet<ServerResponse>()

/** Calls back as soon as nothing is in progress on a connection. Does not call back if the connection closes before. */
export function onceIdle(server: HttpServer, socket: Socket, callback: () => void): void {
  const sockets = awaited.get(server) ?? new Map<Socket, () => void>()
  if (!awaited.has(server)) {
    awaited.set(server, sockets)
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      if (sockets.has(request.socket)) follow(server, request.socket, response)
    })
  }
  if (!sockets.has(socket)) socket.once('close', () => sockets.delete(socket))
  sockets.set(socket, callback)
  setImmediate(() => look(server, socket))
}

function look(server: HttpServer, socket: Socket): void {
  const sockets = awaited.get(server)
  const callback = sockets?.get(socket)
  if (callback === undefined) return
  if (idleSockets(server).includes(socket)) {
    sockets?.delete(socket)
    callback()
    return
  }
  // A response that began before the connection was awaited, or a pipelined one that is next.
  const response: unknown = Reflect.get(socket, '_httpMessage')
  if (response instanceof ServerResponse) follow(server, socket, response)
}

/**
 * Looks again after a response. Node detaches a response, and goes on to the next one, only after its 'close' (Node
 * 20-26).
 */
function follow(server: HttpServer, socket: Socket, response: ServerResponse): void {
  if (followed.has(response)) return
  followed.add(response)
  response.once('close', () => setImmediate(() => look(server, socket)))
}
