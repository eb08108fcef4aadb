import { createServer, type Server, type Socket } from 'node:net'
import type { HeldAddress } from '../protocol/messages.ts'
import type { ListenAddress } from './run-options.ts'
import { listenAt, type StopListening } from './socket-path.ts'

/** Holds one address, and accepts what comes without reading it. */
export class Door {
  readonly #wanted: ListenAddress
  readonly #server: Server
  #stop: StopListening = () => {}

  constructor(wanted: ListenAddress, onConnection: (socket: Socket) => void) {
    this.#wanted = wanted
    // Without a delay, as http servers accept; a plain server that wants one sets it itself.
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
      // A client that is gone shows when somebody reads.
      socket.on('error', () => {})
      onConnection(socket)
    })
  }

  /** Rejects with the system's error. A unix socket that nobody serves any more is replaced, and nothing else. */
  async open(): Promise<HeldAddress> {
    this.#stop = await listenAt(this.#server, this.#wanted)
    const address = this.#server.address()
    if (address === null || typeof address === 'string') return { path: address ?? '' }
    return address
  }

  /** Accepts nothing more. What it has accepted lives on. */
  close(): void {
    const stop = this.#stop
    this.#stop = () => {}
    stop()
  }
}
