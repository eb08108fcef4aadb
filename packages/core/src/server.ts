import type { Server as HttpServer } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import type { Server as NetServer, Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import { hasMethods, IdleUsageError, showValue } from './errors.ts'

/** A server that speaks HTTP: it has requests, and not only connections. */
export type AnyHttpServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer

/** Every server that can be watched. */
export type AnyServer = AnyHttpServer | NetServer | TlsServer

/** Throws `ERR_IDLE_INVALID_SERVER` for what is none. */
export function checkServer(value: AnyServer): void {
  if (hasMethods(value, 'listen', 'close', 'prependListener') && 'listening' in value) return
  const hint = hasMethods(value, 'listen') ? ' (of an app, pass what its listen() returns)' : ''
  throw new IdleUsageError(
    'ERR_IDLE_INVALID_SERVER',
    `${showValue(value)} is no server; accepted is a server of node:http, https, http2, net or tls${hint}`,
  )
}

// By what they can do, and not by instanceof: importing node:https and node:http2 would cost every start.

/** Whether it is an HTTP/1 server, over TLS or not. */
export function isHttp1(server: AnyServer): server is HttpServer {
  return 'closeAllConnections' in server
}

/** Whether it is an HTTP/2 server, over TLS or not. */
export function isHttp2(server: AnyServer): server is Http2Server {
  return 'updateSettings' in server
}

/** Servers that this copy of the package has watched, or watches. */
export const watchedServers: WeakSet<AnyServer> = new WeakSet()

/** Whether its connections begin with a TLS handshake. */
export function isTls(server: AnyServer): boolean {
  return 'setSecureContext' in server
}

/** How many watches keep a server from destroying connections, and its own property that they shadow. */
const spared = new WeakMap<AnyServer, { watches: number; readonly own: PropertyDescriptor | undefined }>()

/**
 * Keeps `close()` of an HTTP/1 server from destroying connections, until each that asked for it has called its undo, in any order.
 *
 * Node's own `close()` destroys, with `closeIdleConnections()`, sockets whose last response is ended but not yet flushed:
 * bytes are lost on every version, 20 to 26. An own property that does nothing shadows that method.
 */
export function spareConnections(server: AnyServer): () => void {
  if (!('closeIdleConnections' in server)) return () => {}
  const shadow = spared.get(server) ?? {
    watches: 0,
    own: Object.getOwnPropertyDescriptor(server, 'closeIdleConnections'),
  }
  spared.set(server, shadow)
  if (shadow.watches++ === 0) {
    Object.defineProperty(server, 'closeIdleConnections', { value: () => {}, configurable: true, writable: true })
  }
  let undone = false
  return () => {
    if (undone) return
    undone = true
    if (--shadow.watches > 0) return
    spared.delete(server)
    Reflect.deleteProperty(server, 'closeIdleConnections')
    if (shadow.own !== undefined) Object.defineProperty(server, 'closeIdleConnections', shadow.own)
  }
}

/** Destroys every connection that Node itself knows of; upgraded sockets and HTTP/2 sessions are not among them. */
export function destroyConnections(server: AnyServer): void {
  if ('closeAllConnections' in server) server.closeAllConnections()
}

/** The sockets that a server has accepted and that are still open. Node lists them nowhere in public. */
export function liveSockets(server: AnyServer): Socket[] {
  // By what it says, and not by instanceof: importing node:net would load block lists, too.
  return activeHandles().filter((handle): handle is Socket => Object(handle).server === server)
}

/** The HTTP servers of this thread that listen. Those that are unref'd are not among them. */
export function listeningServers(): AnyHttpServer[] {
  return activeHandles().filter((handle): handle is AnyHttpServer => {
    const server = Object(handle)
    return server.listening === true && (isHttp1(server) || isHttp2(server))
  })
}

function activeHandles(): unknown[] {
  const handles: unknown = Object(process)._getActiveHandles?.()
  return Array.isArray(handles) ? handles : []
}
