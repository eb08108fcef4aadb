import type { Socket } from 'node:net'
import type { ToSupervisor } from '../../protocol/messages.ts'
import type { PendingConnection } from './connection-queue.ts'
import { pipeToPath } from './pipe.ts'
import type { ProcessLink } from './process-link.ts'

/** Receives the outcome of transfers. */
interface TransferEvents {
  /** A process does not take a connection, which can wait for another one. */
  rejected(connection: PendingConnection): void
  /** A piped connection has ended, so that its descriptors are free. */
  pipeClosed(): void
  /** A process has returned a piped connection, which its server would close after `keepAlive` ms. */
  returned(client: Socket, listen: number, keepAlive: number): void
}

/**
 * Hands connections over to processes: as sockets over the IPC channel, or through pipes. Keeps each connection until
 * its process has acknowledged it.
 */
export class ConnectionTransfer {
  /** The number of connections that processes have taken. */
  taken = 0
  readonly #events: TransferEvents

  constructor(events: TransferEvents) {
    this.#events = events
  }

  /** Hands a connection over to a process. */
  send(connection: PendingConnection, link: ProcessLink): void {
    const { id, listen, socket, head, returned } = connection
    link.unacknowledged.set(id, connection)
    const path = link.claims.get(listen)
    if (path !== undefined) {
      this.#pipe(connection, link, path)
      return
    }
    // The handle is sent, because Node counts each socket that is sent and asks the receiver for the number at every
    // close (Node 20-26).
    const handle: unknown = Reflect.get(socket, '_handle')
    link.send(
      { type: 'socket', id, listen, ...(head && { head: head.toString('base64') }), ...(returned && { returned }) },
      typeof handle === 'object' && handle !== null ? handle : socket,
    )
  }

  /** Notes that a process has a connection. */
  accepted(link: ProcessLink, id: number): void {
    const connection = link.unacknowledged.get(id)
    if (connection === undefined) return
    for (const earlier of link.unacknowledged.keys()) {
      if (earlier === id) break
      this.#lost(link, earlier)
    }
    link.unacknowledged.delete(id)
    this.taken++
    // Destroys this copy only. The process has its own, and no FIN is sent.
    connection.socket.destroy()
  }

  /** Notes that a process does not take a connection. */
  rejected(link: ProcessLink, id: number): void {
    const connection = link.unacknowledged.get(id)
    if (connection === undefined) return
    link.unacknowledged.delete(id)
    this.#events.rejected(connection)
  }

  /** Takes back the connections that a process which is gone has not acknowledged. */
  detach(link: ProcessLink): void {
    for (const id of [...link.unacknowledged.keys()]) this.rejected(link, id)
  }

  /**
   * Parks an idle piped connection whose process ends: nothing more of it is read until the process sends `return-pipe`
   * or `unpark`.
   */
  park(link: ProcessLink, id: number): void {
    const piped = link.pipes.get(id)
    // If the pipe has closed, its process sees that, too.
    if (piped !== undefined) link.send({ type: 'parked', id, bytes: piped.pipe.park() })
  }

  /** Pipes a parked connection again. */
  unpark(link: ProcessLink, id: number): void {
    link.pipes.get(id)?.pipe.unpark()
  }

  /** Takes a parked connection back from its process. */
  returnPipe(link: ProcessLink, { id, bytes, keepAlive }: Extract<ToSupervisor, { type: 'return-pipe' }>): void {
    const piped = link.pipes.get(id)
    piped?.pipe.leave(bytes, (client) => this.#events.returned(client, piped.listen, keepAlive))
  }

  #pipe(connection: PendingConnection, link: ProcessLink, path: string): void {
    const { id, listen } = connection
    pipeToPath(connection, path, {
      taken: () => link.unacknowledged.delete(id),
      accepted: (pipe) => {
        this.taken++
        link.pipes.set(id, { pipe, listen })
        pipe.onClosed = () => {
          link.pipes.delete(id)
          this.#events.pipeClosed()
        }
      },
      refused: () => this.rejected(link, id),
    })
  }

  /**
   * Closes a connection that was sent before one that has arrived, and has not arrived itself.
   *
   * The process has no descriptor for it, and Node gave up after three tries (Node 20-26). A process that accepts
   * connections itself would have closed it, too.
   */
  #lost(link: ProcessLink, id: number): void {
    const connection = link.unacknowledged.get(id)
    if (connection === undefined || link.claims.get(connection.listen) !== undefined) return
    link.unacknowledged.delete(id)
    connection.socket.destroy()
  }
}
