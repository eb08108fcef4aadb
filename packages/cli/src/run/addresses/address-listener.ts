import { createServer, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { ListenAddress } from '../../listen-address.ts'
import type { HeldAddress } from '../../protocol/supervisor-info.ts'
import { type BoundAddress, listenAt, takesSocket } from './socket-path.ts'

/** Holds one address, and accepts connections without reading them. */
export class AddressListener {
  readonly #wanted: ListenAddress
  readonly #onConnection: (socket: Socket) => void
  #bound: BoundAddress | undefined
  #accepted = 0
  #ensuring: Promise<void> | undefined
  #closed = false

  constructor(wanted: ListenAddress, onConnection: (socket: Socket) => void) {
    this.#wanted = wanted
    this.#onConnection = onConnection
  }

  /**
   * Starts to listen. Rejects with the system's error. Replaces a unix socket that no process serves any more, and
   * nothing else.
   */
  async open(): Promise<HeldAddress> {
    const server = this.#create()
    this.#bound = await listenAt(server, this.#wanted)
    const address = server.address()
    if (address === null || typeof address === 'string') return { path: address ?? '' }
    return address
  }

  /** Binds a unix path again if it was removed or replaced. Never rejects: without the path, no client can connect. */
  ensure(): Promise<void> {
    this.#ensuring ??= this.#bindAgain().finally(() => {
      this.#ensuring = undefined
    })
    return this.#ensuring
  }

  /** Accepts no more connections. Accepted ones stay open. */
  close(): void {
    this.#closed = true
    this.#bound?.stop()
    this.#bound = undefined
  }

  async #bindAgain(): Promise<void> {
    if (!('path' in this.#wanted) || this.#closed || this.#bound?.isIntact) return
    if (!takesSocket(this.#wanted.path)) return
    // Clients that connected before the path was removed wait in the kernel's queue. Node accepts one of them per turn.
    for (let before = -1; before !== this.#accepted; ) {
      before = this.#accepted
      await turn()
      await turn()
    }
    this.#bound?.stop()
    this.#bound = undefined
    try {
      const bound = await listenAt(this.#create(), this.#wanted)
      if (this.#closed) bound.stop()
      else this.#bound = bound
    } catch {
      // The next process that claims the address tries again.
    }
  }

  #create(): Server {
    // noDelay as http servers have it. A plain net server that wants a delay sets it itself.
    return createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#accepted++
      // A client that is gone makes an error as soon as its socket is read.
      socket.on('error', () => {})
      this.#onConnection(socket)
    })
  }
}
