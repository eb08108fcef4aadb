import { subscribe } from 'node:diagnostics_channel'
import { reached } from './closures.ts'
import { type AnyServer, isHttp1, isHttp2, listeningServers, watchedServers } from './server.ts'
import { remember, remembered } from './strangers.ts'

/** Published for every server that starts to listen, before it accepts. Node 20 and later. */
export const LISTEN = 'tracing:net.server.listen:asyncStart'

/** Published by `@idle-shutdown/activation` for a server that is given a connection and never listens. */
export const SERVE = 'idle-shutdown:serve'

/** Published by every copy of this package for each server that it watches from now on. */
export const WATCH = 'idle-shutdown:watch'

/** Keyed by the function that handles requests: it lives as long as the app does. */
const found = new WeakMap<object, Set<(server: AnyServer) => void>>()
let subscribed = false
/** The event loop's own, however a test fakes it later. */
const nextTurn: typeof setImmediate = setImmediate

/** Bun publishes on no channel of its servers: there they are found by their app's `listen()`, and requests by a listener. */
export const withoutChannels: boolean = 'bun' in process.versions

/**
 * Calls back with each server that listens, or is about to be given a connection, and has `handler` among its 'request' listeners:
 * at once if it listens already. Returns its undo.
 *
 * A server whose listeners only lead to the handler is found one turn of the event loop after it starts to listen, by
 * {@link search}.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html#net
 */
export function discover(handler: object, callback: (server: AnyServer) => void): () => void {
  lookOut()
  const callbacks = found.get(handler) ?? new Set()
  found.set(handler, callbacks.add(callback))
  for (const server of remembered()) if (server.listeners('request').some((each) => each === handler)) callback(server)
  return () => {
    callbacks.delete(callback)
  }
}

/** Looks out for servers from now on, and remembers those that listen already. */
export function lookOut(): void {
  if (subscribed) return
  subscribed = true
  // For good: one weak look-up for each server that is ever started costs nothing, and keeps nothing.
  for (const channel of [LISTEN, SERVE]) subscribe(channel, onListen)
  subscribe(WATCH, (server) => watchedServers.add(server as AnyServer))
  for (const server of listeningServers()) remember(server)
}

/**
 * Finds the handlers that a server's 'request' listeners lead to: other packages put a function of their own in the place of an
 * app, which calls the app (socket.io, APM agents).
 */
export function search(server: AnyServer): void {
  for (const handler of reached(server.listeners('request'), (value) => found.has(value))) show(server, handler)
}

function onListen(message: unknown): void {
  const { server } = message as { readonly server: AnyServer }
  let known = false
  for (const listener of new Set(server.listeners('request'))) known = show(server, listener) || known
  if (known || !(isHttp1(server) || isHttp2(server))) return
  remember(server)
  // Listeners may be added or wrapped behind the call of listen().
  nextTurn(search, server)
}

/** Reports whether an app awaits the servers of this handler. */
function show(server: AnyServer, handler: object): boolean {
  const callbacks = found.get(handler)
  for (const callback of callbacks ?? []) callback(server)
  return callbacks !== undefined && callbacks.size > 0
}
