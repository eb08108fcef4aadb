import { once } from 'node:events'
import { lstatSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { HeldAddress } from '../protocol/messages.ts'
import type { ListenAddress } from './run-options.ts'

/** Holds one address, and accepts what comes without reading it. */
export class Door {
  readonly #wanted: ListenAddress
  readonly #onConnection: (socket: Socket) => void
  #server: Server
  /** Which file the path was when it was bound. */
  #file: string | undefined
  #accepted = 0
  #ensuring: Promise<void> | undefined
  #closed = false

  constructor(wanted: ListenAddress, onConnection: (socket: Socket) => void) {
    this.#wanted = wanted
    this.#onConnection = onConnection
    this.#server = this.#create()
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
    this.#server.close()
  }

  async #bindAgain(): Promise<void> {
    if (!('path' in this.#wanted) || process.platform === 'win32') return
    const { path } = this.#wanted
    const found = fileAt(path)
    // What is no socket is a file of the user's.
    if (this.#closed || found === this.#file || found === 'no socket') return
    // Clients that connected before the path went away wait in the queue: one is accepted in a turn.
    for (let before = -1; before !== this.#accepted; ) {
      before = this.#accepted
      await turn()
      await turn()
    }
    // First: Node removes the path of a server that closes, whichever file is there (20 to 26).
    this.#server.close()
    this.#server = this.#create()
    try {
      await this.#listen()
      if (this.#closed) this.#server.close()
    } catch {
      // Tried again when the next process claims it.
      this.#file = ''
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

  async #listen(): Promise<void> {
    const listening = once(this.#server, 'listening')
    this.#server.listen(this.#wanted)
    await listening
    if ('path' in this.#wanted) this.#file = fileAt(this.#wanted.path)
    // Of an accept() that failed, since there are too many descriptors: the next may not.
    this.#server.on('error', () => {})
  }
}

/** Returns which file is at a path. `undefined`: there is none. */
function fileAt(path: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (found === undefined) return undefined
  return found.isSocket() ? `${found.dev}:${found.ino}:${found.birthtimeNs}` : 'no socket'
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
