import type { Socket } from 'node:net'

/** What closes a socket: `destroySoon` is how Node's own servers do it, after what is written has been sent. */
const CLOSERS = ['destroy', 'destroySoon'] as const

/**
 * From now on the client is somebody else's: whatever in this process would close the connection, its drain and timeouts included,
 * does nothing. Messages with handles leave one by one, so that a handle may wait here for long; closed meanwhile, it would be lost.
 */
export function withhold(socket: Socket): void {
  socket.setTimeout(0)
  // Writable: core closes in stages of its own what is answered in a drain.
  for (const name of CLOSERS)
    Object.defineProperty(socket, name, { value: () => socket, configurable: true, writable: true })
}

/** It can be closed again. */
export function restore(socket: Socket): void {
  for (const name of CLOSERS) Reflect.deleteProperty(socket, name)
}
