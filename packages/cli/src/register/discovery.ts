import { subscribe } from 'node:diagnostics_channel'
import type { AnyServer } from '@idle-shutdown/core'
import { isOwn } from './listen/own-servers.ts'

/**
 * Published for every server that starts to listen, before it accepts. Node 20 and later.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html#net
 */
const LISTEN = 'tracing:net.server.listen:asyncStart'

/** Published by every copy of the core for each server that it begins to watch. */
const WATCHED = 'idle-shutdown:watch'

/**
 * Calls back with every server of this thread that listens, before it has accepted a connection. Leaves out servers of
 * this package.
 */
export function onListening(callback: (server: AnyServer) => void): void {
  subscribe(LISTEN, (message) => {
    const { server } = message as { readonly server: AnyServer }
    if (isOwn(server)) return
    server.prependOnceListener('listening', () => callback(server))
  })
}

/** Calls back with every server that any copy of the core watches. */
export function onWatched(callback: (server: AnyServer) => void): void {
  subscribe(WATCHED, (server) => callback(server as AnyServer))
}
