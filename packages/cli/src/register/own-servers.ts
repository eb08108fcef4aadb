import type { Server } from 'node:net'

const own = new WeakSet<object>()

/** Marks a server of the preload itself: it is neither counted nor closed as the program's, and takes no place. Returns the server. */
export function ownServer<S extends Server>(server: S): S {
  own.add(server)
  return server
}

/** Reports whether a server belongs to the preload, and not to the program. */
export function isOwnServer(server: object): boolean {
  return own.has(server)
}
