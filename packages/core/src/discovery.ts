import { subscribe } from 'node:diagnostics_channel'
import type { AnyServer } from './server.ts'

/** Published for every server that starts to listen, before it accepts. Node 20 and later. */
const LISTEN = 'tracing:net.server.listen:asyncStart'

/** Published by `@idle-shutdown/activation` for a server that is given a connection and never listens. */
export const SERVE = 'idle-shutdown:serve'

/** Keyed by the function that handles requests: it lives as long as the app does. */
const found = new WeakMap<object, Set<(server: AnyServer) => void>>()
let subscribed = false

/** Bun publishes on no channel of its servers: there they are found by their app's `listen()`, and requests by a listener. */
export const withoutChannels: boolean = 'bun' in process.versions

/**
 * Calls back with each server that starts to listen, or is about to be given a connection, and has `handler` among its 'request' listeners. Returns its undo.
 *
 * Does not see a server whose listener merely calls the handler.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html#net
 */
export function discover(handler: object, callback: (server: AnyServer) => void): () => void {
  if (!subscribed) {
    // For good: one weak look-up for each server that is ever started costs nothing, and keeps nothing.
    for (const channel of [LISTEN, SERVE]) subscribe(channel, onListen)
    subscribed = true
  }
  const callbacks = found.get(handler) ?? new Set()
  found.set(handler, callbacks.add(callback))
  return () => {
    callbacks.delete(callback)
  }
}

function onListen(message: unknown): void {
  const { server } = message as { readonly server: AnyServer }
  for (const listener of new Set(server.listeners('request'))) {
    for (const callback of found.get(listener) ?? []) callback(server)
  }
}
