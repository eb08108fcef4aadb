import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { ACCEPTED, prefaceOf } from '../../protocol/preface.ts'
import { readAgain, stopReading } from '../../socket-handle.ts'
import type { PendingConnection } from './connection-queue.ts'

/** Receives the outcome of a connection that is to be piped. */
export interface PipeOutcome {
  /**
   * The other side takes the connection. Returns false if it may not, because another process has the connection by
   * now.
   */
  taken?(): boolean
  /** The other side has the connection. */
  accepted(pipe: Pipe): void
  /** The other side does not take the connection. Nothing of it was read, so it can wait for another process. */
  refused(): void
}

/**
 * Pipes a connection to a private path of a process, after a line with the client's address. Reads nothing of the
 * connection until the process has said that it has a server for it.
 */
export function pipeToPath(
  { id, socket: client, head, returned }: PendingConnection,
  path: string,
  outcome: PipeOutcome,
): void {
  const inner = connect({ path, allowHalfOpen: true })
  const lost = (): void => outcome.refused()
  inner.once('close', lost)
  inner.on('error', () => {})
  inner.write(prefaceOf(id, client, returned))
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
 * Pipes a connection to a server that does not speak this protocol. The server has the connection once it is connected
 * and `isOwn` returns true. Nothing is sent before.
 */
export function pipeToPort(
  { socket: client, head }: PendingConnection,
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

/** A client and a server, joined both ways. Each side can end alone. If one breaks, the other is destroyed. */
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
    // A server that ends without `return-pipe` or `unpark` closes a parked client. The client's own end must be read
    // then.
    inner.once('end', () => this.unpark())
    inner.once('close', () => this.onClosed())
  }

  /**
   * Stops reading the client, until `unpark` or `leave`. The server's bytes are still piped. Returns the number of
   * bytes that the server was sent in all.
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
   * Closes the server's side after the server has said that a parked connection is idle, and has written `bytes` in
   * all. Calls back with the client, of which nothing is read, when these bytes have been read. Does not call back if
   * the client has gone, or if the server has closed its side before.
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
    // Added after the listener of the pipe, which has passed on the bytes that were read.
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

/** Ends `other` when `one` is gone. Returns a function that undoes this. */
function follow(one: Socket, other: Socket): () => void {
  const broken = (): void => {
    other.destroy()
  }
  // Bytes that were already written to the other side are still flushed.
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
