import type { Socket } from 'node:net'
import { afterTwoTurns } from '../tracker/event-loop.ts'
import { queuedBytes, storesSession } from './node-internals.ts'

/** The bytes written to each stuck socket at the last check. */
const writtenTo = new WeakMap<Socket, number>()

/**
 * Destroys a socket if it is stuck on a write of the TLS socket above it that can never finish. Called now and then,
 * since Node emits no event for this.
 *
 * It happens when a TLS client resets the connection while Node writes session tickets at the end of the handshake.
 * Node drops that error, and later writes stay queued forever (Node 20-26).
 */
export function destroyIfStuck(socket: Socket, above: Socket): void {
  if (!isStuck(socket, above)) return
  // Two turns later, the kernel has taken any write that is in flight, even under a faked clock.
  afterTwoTurns(() => {
    const { bytesWritten } = socket
    if (!isStuck(socket, above)) return
    if (writtenTo.get(socket) === bytesWritten) socket.destroy()
    else writtenTo.set(socket, bytesWritten)
  })
}

/**
 * Reports whether a TLS socket waits for a write that the socket below has already finished. Returns `false` while the
 * application stores the TLS session.
 */
function isStuck(socket: Socket, above: Socket): boolean {
  return above !== socket && !storesSession(above) && queuedBytes(above) > 0 && queuedBytes(socket) === 0
}
