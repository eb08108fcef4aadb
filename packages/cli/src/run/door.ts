import { createServer, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { HeldAddress } from '../protocol/messages.ts'
import type { ListenAddress } from './run-options.ts'
import { type BoundAddress, listenAt, takesSocket } from './socket-path.ts'

/** Holds one address, and accepts what comes without reading it. */
export class Door {
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

  /** Rejects with the system's error. A unix socket that nobody serves any more is replaced, and nothing else. */
  async open(): Promise<HeldAddress> {
    const server = this.#create()
    this.#bound = await listenAt(server, this.#wanted)
    const address = server.address()
    if (address === null || typeof address === 'string') return { path: address ?? '' }
    return address
  }

  /** Binds a unix path again if it was removed, or another file is there. Never rejects: without the path, no client comes. */
  ensure(): Promise<void> {
    this.#ensuring ??= this.#bindAgain().finally(() => {
      this.#ensuring = undefined
    })
    return this.#ensuring
  }

  /** Accepts nothing more. What it has accepted lives on. */
  close(): void {
    this.#closed = true
    this.#bound?.stop()
    this.#bound = undefined
  }

  async #bindAgain(): Promise<void> {
    if (!('path' in this.#wanted) || this.#closed || this.#bound?.isIntact) return
    if (!takesSocket(this.#wanted.path)) return
    // Clients that connected before the path went away wait in the queue: one is accepted in a turn.
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
      // Tried again when the next process claims it.
    }
  }

  #create(): Server {
    // Without a delay, as http servers accept; a plain server that wants one sets it itself.
    return createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#accepted++
      // A client that is gone shows when somebody reads.
      socket.on('error', () => {})
      this.#onConnection(socket)
    })
  }
}
