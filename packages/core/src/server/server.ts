import type { Server as HttpServer } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import type { Server as NetServer, Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import { activeHandles, serverOf } from '../connection/node-internals.ts'
import { hasMethods, IdleUsageError, invalidOption, showValue } from '../errors.ts'

/** A server that speaks HTTP, and so has requests as well as connections. */
export type AnyHttpServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer

/** Any server that can be watched. */
export type AnyServer = AnyHttpServer | NetServer | TlsServer

/** The link from a server to `@idle-shutdown/activation`. */
export interface Activation {
  /** The name of the service that starts the process again after an idle end. */
  readonly startedAgainBy: string
  /** Called when the end is decided. The drain takes at most `grace` (ms). */
  draining(grace: number): void
}

/** The activations by server. Kept here, so that neither package needs the other one. */
export const activations: WeakMap<AnyServer, Activation> = new WeakMap()

/** Throws `ERR_IDLE_INVALID_SERVER` if the value is not a server. */
export function checkServer(value: AnyServer): void {
  if (hasMethods(value, 'listen', 'close', 'prependListener') && 'listening' in value) return
  throw invalidOption(
    'server',
    value,
    'a server of node:http, https, http2, net or tls',
    hasMethods(value, 'listen') ? 'Pass the server that listen() of the app returns' : undefined,
    'ERR_IDLE_INVALID_SERVER',
  )
}

/** Throws also `ERR_IDLE_INVALID_ACTIVITY` if only requests count, which the server does not have. */
export function checkCounted(server: AnyServer, activity: 'connections' | 'requests'): void {
  checkServer(server)
  if (activity === 'connections' || isHttp1(server) || isHttp2(server)) return
  throw new IdleUsageError(
    'ERR_IDLE_INVALID_ACTIVITY',
    `"activity" must be 'connections' for a net or tls server, which has no requests. Received 'requests' with ${showValue(server)}. Leave it out`,
  )
}

/** Returns one server, or several, as a list. */
export function serverList(servers: AnyServer | Iterable<AnyServer>): AnyServer[] {
  return typeof servers === 'object' && servers !== null && Symbol.iterator in servers ? [...servers] : [servers]
}

// Check methods, not instanceof: importing node:https and node:http2 would slow each start.

/** Reports whether a server speaks HTTP/1, with or without TLS. */
export function isHttp1(server: AnyServer): server is HttpServer {
  return 'closeAllConnections' in server
}

/** Reports whether a server speaks HTTP/2, with or without TLS. */
export function isHttp2(server: AnyServer): server is Http2Server {
  return 'updateSettings' in server
}

/** The servers that any copy of this package watches or has watched. */
export const watchedServers: WeakSet<AnyServer> = new WeakSet()

/** Reports whether the connections of a server begin with a TLS handshake. */
export function isTls(server: AnyServer): boolean {
  return 'setSecureContext' in server
}

/**
 * The number of watches that keep a server from destroying connections, and the server's own property that they
 * replace.
 */
const kept = new WeakMap<AnyServer, { watches: number; readonly own: PropertyDescriptor | undefined }>()

/**
 * Keeps `close()` of an HTTP/1 server from destroying connections. Returns the undo; the last undo restores the server,
 * in any order.
 *
 * Node's own `close()` calls `closeIdleConnections()`. That method destroys sockets whose last response is ended but
 * not yet flushed, so that bytes are lost (Node 20-26). An own property that does nothing replaces it.
 */
export function keepConnectionsOnClose(server: AnyServer): () => void {
  if (!('closeIdleConnections' in server)) return () => {}
  const shadow = kept.get(server) ?? {
    watches: 0,
    own: Object.getOwnPropertyDescriptor(server, 'closeIdleConnections'),
  }
  kept.set(server, shadow)
  if (shadow.watches++ === 0) {
    Object.defineProperty(server, 'closeIdleConnections', { value: () => {}, configurable: true, writable: true })
  }
  let undone = false
  return () => {
    if (undone) return
    undone = true
    if (--shadow.watches > 0) return
    kept.delete(server)
    Reflect.deleteProperty(server, 'closeIdleConnections')
    if (shadow.own !== undefined) Object.defineProperty(server, 'closeIdleConnections', shadow.own)
  }
}

/** Returns the open sockets that a server has accepted. Node has no public list of them. */
export function liveSockets(server: AnyServer): Socket[] {
  // Check a property, not instanceof: importing node:net would load block lists, too.
  return activeHandles().filter((handle): handle is Socket => serverOf(handle) === server)
}

/** Returns the HTTP servers of this thread that listen, except those that are unref'd. */
export function listeningServers(): AnyHttpServer[] {
  return activeHandles().filter((handle): handle is AnyHttpServer => {
    const server = Object(handle)
    return server.listening === true && (isHttp1(server) || isHttp2(server))
  })
}
