import type { Server } from 'node:net'

/** A symbol from the global registry, so that another copy of the preload finds it on the server. */
const OWN: unique symbol = Symbol.for('idle-shutdown.own')

/**
 * Marks a server of this package, which neither counts nor is closed along. The preload marks each server of its own
 * before the server listens.
 */
export function markOwn<S extends Server>(server: S): S {
  Object.defineProperty(server, OWN, { value: true })
  return server
}

/** Reports whether a server belongs to this package, and not to the program. */
export function isOwn(server: object): boolean {
  return Reflect.get(server, OWN) === true
}
