import { subscribe } from 'node:diagnostics_channel'
import { nextTurn } from '../tracker/event-loop.ts'
import { reached } from './closures.ts'
import { type AnyHttpServer, type AnyServer, isHttp1, isHttp2, listeningServers, watchedServers } from './server.ts'

/** Published for each server that starts to listen, before it accepts connections. Node 20 and later. */
export const LISTEN = 'tracing:net.server.listen:asyncStart'

/** Published by `@idle-shutdown/activation` for a server that is given a connection and never listens. */
export const SERVE = 'idle-shutdown:serve'

/** Published by each copy of this package for each server that it watches from now on. */
export const WATCH = 'idle-shutdown:watch'

/** The callbacks by handler, a function that is retained as long as its app. */
const found = new WeakMap<object, Set<(server: AnyServer) => void>>()
/** The HTTP servers that have listened and have no handler of an app with idle shutdown as a listener. */
const met = new Set<WeakRef<AnyHttpServer>>()
let subscribed = false

/**
 * Bun has no diagnostics channels for its servers. There, `listen()` of the app shows the server, and a listener shows
 * requests.
 */
export const withoutChannels: boolean = 'bun' in process.versions

/**
 * Calls back with each server that has `handler` among its 'request' listeners and listens, or is about to be given a
 * connection. Returns the undo.
 *
 * Calls back at once for a server that listens already. A listener may only lead to the handler. Then {@link search}
 * finds the server, one turn of the event loop after it starts to listen.
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

/** Subscribes to servers that start to listen, and remembers those that listen already. */
export function lookOut(): void {
  if (subscribed) return
  subscribed = true
  // Never unsubscribed: one weak look-up for each server costs almost nothing, and retains nothing.
  for (const channel of [LISTEN, SERVE]) subscribe(channel, onListen)
  subscribe(WATCH, (server) => watchedServers.add(server as AnyServer))
  for (const server of listeningServers()) remember(server)
}

/**
 * Finds the handlers that a server's 'request' listeners lead to.
 *
 * Other packages, such as socket.io and APM agents, replace an app by a function of their own that calls the app.
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
  // Listeners may be added or wrapped after the call of listen().
  nextTurn(() => search(server))
}

/** Calls back with a server for one of its handlers. Reports whether an app awaits the servers of this handler. */
function show(server: AnyServer, handler: object): boolean {
  const callbacks = found.get(handler)
  for (const callback of callbacks ?? []) callback(server)
  return callbacks !== undefined && callbacks.size > 0
}

/** Remembers a server for as long as it listens. Does not retain the server. */
function remember(server: AnyHttpServer): void {
  if (!remembered().includes(server)) met.add(new WeakRef(server))
}

/** Returns the remembered servers that listen. */
function remembered(): AnyHttpServer[] {
  const listening: AnyHttpServer[] = []
  for (const reference of met) {
    const server = reference.deref()
    if (server?.listening === true) listening.push(server)
    else met.delete(reference)
  }
  return listening
}

/** Returns the remembered servers that no copy of this package watches. */
export function unwatchedServers(): AnyHttpServer[] {
  return remembered().filter((server) => !watchedServers.has(server))
}
