import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { ACCEPTED, prefaceOf } from '../protocol/preface.ts'
import type { Waiting } from './connection-queue.ts'
import { readAgain, stopReading } from './reading.ts'

/** What becomes of a connection that is to be piped. */
export interface PipeOutcome {
  /** The other side takes it. Returns whether it still may: by now, another may have it. */
  taken?(): boolean
  /** The other side has it. */
  accepted(pipe: Pipe): void
  /** The other side does not take it: nothing of it was read, and it can wait for another. */
  refused(): void
}

/**
 * Pipes a connection to a private path of a process, preceded by the client's address. Until the process has said that it has a
 * server for it, nothing of it is read.
 */
export function pipeToPath({ id, socket: client, head, kept }: Waiting, path: string, outcome: PipeOutcome): void {
  const inner = connect({ path, allowHalfOpen: true })
  const lost = (): void => outcome.refused()
  inner.once('close', lost)
  inner.on('error', () => {})
  inner.write(prefaceOf(id, client, kept))
  inner.once('readable', () => {
    const said: unknown = inner.read(ACCEPTED.length)
    if (String(said) !== ACCEPTED || outcome.taken?.() === false) {
      inner.destroy()
      return
    }
    inner.off('close', lost)
    outcome.accepted(new Pipe(client, inner, head))
  })
}

/**
 * Pipes a connection to a server that knows nothing of us. It is the server's as soon as it is connected, if `isOwn` then returns
 * true: until then nothing is sent.
 */
export function pipeToPort(
  { socket: client, head }: Waiting,
  at: { readonly port: number; readonly host: string },
  isOwn: () => boolean,
  outcome: PipeOutcome,
): Socket {
  const options: NetConnectOpts = { ...at, allowHalfOpen: true, noDelay: true }
  const inner = connect(options)
  const lost = (): void => outcome.refused()
  inner.once('close', lost)
  inner.on('error', () => {})
  inner.once('connect', () => {
    if (!isOwn()) {
      inner.destroy()
      return
    }
    inner.off('close', lost)
    outcome.accepted(new Pipe(client, inner, head))
  })
  return inner
}

/** A client and a server, joined both ways. Each end ends on its own; where one breaks, so does the other. */
export class Pipe {
  /** Called when the server's side has closed. */
  onClosed: () => void = () => {}
  readonly #client: Socket
  readonly #inner: Socket
  readonly #undo: () => void
  #parked = false

  constructor(client: Socket, inner: Socket, head: Buffer | undefined) {
    this.#client = client
    this.#inner = inner
    if (head !== undefined) {
      inner.write(head)
      readAgain(client)
    }
    client.pipe(inner).pipe(client)
    const [undoClient, undoInner] = [follow(client, inner), follow(inner, client)]
    this.#undo = () => {
      undoClient()
      undoInner()
    }
    // A server that ends without a word about a parked client closes it, and the client's own end is to be seen.
    inner.once('end', () => this.unpark())
    inner.once('close', () => this.onClosed())
  }

  /**
   * Reads nothing more of the client, until `unpark` or `leave`; what the server says is piped on. Returns how many bytes the
   * server was sent in all.
   */
  park(): number {
    this.#parked = true
    this.#client.unpipe(this.#inner)
    stopReading(this.#client)
    return this.#inner.bytesWritten
  }

  /** Pipes the client's bytes again. */
  unpark(): void {
    if (!this.#parked) return
    this.#parked = false
    readAgain(this.#client)
    this.#client.pipe(this.#inner)
  }

  /**
   * The server has said that a parked connection is idle, after it has written so many bytes in all. When they have been read,
   * closes its side, and calls back with the client, of which nothing is read. Does not call back when the client has gone, or
   * when the server has closed its side before.
   */
  leave(bytes: number, left: (client: Socket) => void): void {
    const inner = this.#inner
    const look = (): void => {
      if (!this.#parked || inner.destroyed) inner.off('data', look)
      else if (inner.bytesRead >= bytes && inner.readableLength === 0) {
        inner.off('data', look)
        this.#detach(left)
      }
    }
    // Behind the listener of the pipe, which has handed on what was read.
    inner.on('data', look)
    look()
  }

  #detach(left: (client: Socket) => void): void {
    const [client, inner] = [this.#client, this.#inner]
    this.#undo()
    inner.unpipe(client)
    inner.destroy()
    if (!client.destroyed && client.readable && client.writable) left(client)
    else client.destroySoon()
  }
}

/** Ends `other` when `one` is gone. Returns the undo. */
function follow(one: Socket, other: Socket): () => void {
  const broken = (): void => {
    other.destroy()
  }
  // What was written to the other is still flushed.
  const gone = (): void => {
    if (!other.destroyed) other.destroySoon()
  }
  one.on('error', broken)
  one.once('close', gone)
  return () => {
    one.off('error', broken)
    one.off('close', gone)
  }
}
