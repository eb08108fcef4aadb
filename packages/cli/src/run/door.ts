import { once } from 'node:events'
import { unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { HeldAddress } from '../protocol/messages.ts'
import type { ListenAddress } from './run-options.ts'

/** Holds one address, and accepts what comes without reading it. */
export class Door {
  readonly #wanted: ListenAddress
  readonly #server: Server

  constructor(wanted: ListenAddress, onConnection: (socket: Socket) => void) {
    this.#wanted = wanted
    // Without a delay, as http servers accept; a plain server that wants one sets it itself.
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
      // A client that is gone shows when somebody reads.
      socket.on('error', () => {})
      onConnection(socket)
    })
  }

  /** Rejects with the system's error. A unix socket that nobody serves any more is replaced. */
  async open(): Promise<HeldAddress> {
    try {
      await this.#listen()
    } catch (error) {
      if (!('path' in this.#wanted) || !isInUse(error) || (await isServed(this.#wanted.path))) throw error
      unlinkSync(this.#wanted.path)
      await this.#listen()
    }
    const address = this.#server.address()
    if (address === null || typeof address === 'string') return { path: address ?? '' }
    return address
  }

  /** Accepts nothing more. What it has accepted lives on. */
  close(): void {
    this.#server.close()
  }

  async #listen(): Promise<void> {
    const listening = once(this.#server, 'listening')
    this.#server.listen(this.#wanted)
    await listening
    // Of an accept() that failed, since there are too many descriptors: the next may not.
    this.#server.on('error', () => {})
  }
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

async function isServed(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED')
  } finally {
    socket.destroy()
  }
}
