import type { Socket } from 'node:net'
import { disableClose } from './disable-close.ts'

/** The connections that were sent back to the supervisor and have not arrived there yet. Each has a key. */
export class ReturnedConnections {
  readonly #sockets = new Map<number, { readonly socket: Socket; readonly restore: () => void }>()
  #keys = 0

  get isEmpty(): boolean {
    return this.#sockets.size === 0
  }

  /** Prevents the program from closing the socket. Returns its key. */
  add(socket: Socket): number {
    const key = ++this.#keys
    this.#sockets.set(key, { socket, restore: disableClose(socket) })
    return key
  }

  /** Destroys the copy of this process, because the supervisor has its own. */
  arrived(key: number): void {
    const sent = this.#sockets.get(key)
    this.#sockets.delete(key)
    if (sent === undefined) return
    sent.restore()
    sent.socket.destroy()
  }

  /** Destroys all sockets, because the supervisor has ended. */
  end(): void {
    for (const key of [...this.#sockets.keys()]) this.arrived(key)
  }
}
