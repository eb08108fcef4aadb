import type { Server } from 'node:net'

/** On a server itself, so that another copy of the preload knows it, too. */
const OWN: unique symbol = Symbol.for('idle-shutdown.own')

/**
 * Marks a server of ours: it neither counts nor is closed along, whatever the program does. Each server that the preload opens for
 * itself is marked here before it listens.
 */
export function markOwn<S extends Server>(server: S): S {
  Object.defineProperty(server, OWN, { value: true })
  return server
}

/** Reports whether a server is one of ours, and not the program's. */
export function isOwn(server: object): boolean {
  return Reflect.get(server, OWN) === true
}
