import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { ACCEPTED, prefaceOf } from '../protocol/preface.ts'
import { readAgain } from './reading.ts'
import type { Waiting } from './waiting.ts'

/** What becomes of a connection that is to be piped. */
export interface PipeOutcome {
  /** The other side has it. */
  accepted(pipe: Pipe): void
  /** The other side does not take it: nothing of it was read, and it can wait for another. */
  refused(): void
}

/**
 * Pipes a connection to a private path of a process, preceded by the client's address. Until the process has said that it has a
 * server for it, nothing of it is read.
 */
export function pipeToPath({ id, socket: client, head }: Waiting, path: string, outcome: PipeOutcome): void {
  const inner = connect({ path, allowHalfOpen: true })
  const lost = (): void => outcome.refused()
  inner.once('close', lost)
  inner.on('error', () => {})
  inner.write(prefaceOf(id, client))
  inner.once('readable', () => {
    const said: unknown = inner.read(ACCEPTED.length)
    if (String(said) !== ACCEPTED) {
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
    inner.once('close', () => this.onClosed())
  }

  /**
   * Pipes nothing more to the server. Calls back with the client if the server then closes its side without another byte: the
   * connection is idle, and can be given to another. If it says something, that is its last answer, and the client is ended.
   * Gives how many bytes the server was sent in all.
   */
  park(left: (client: Socket) => void): number {
    const [client, inner] = [this.#client, this.#inner]
    this.#undo()
    client.unpipe(inner)
    client.pause()
    inner.unpipe(client)
    let said = false
    inner.on('data', (chunk) => {
      said = true
      client.write(chunk)
    })
    let over = false
    const ended = (): void => {
      if (over) return
      over = true
      inner.end()
      if (said || client.destroyed) client.destroySoon()
      else left(client)
    }
    inner.once('end', ended)
    inner.once('close', ended)
    // A stream that is piped nowhere any more is paused.
    inner.resume()
    return inner.bytesWritten
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
