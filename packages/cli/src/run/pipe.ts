import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { ACCEPTED, prefaceOf } from '../protocol/preface.ts'
import type { Waiting } from './waiting.ts'

/** What became of a connection that was to be piped. */
export interface PipeOutcome {
  /** The other side has it. */
  accepted(): void
  /** The other side does not take it: nothing of it was read, and it can wait for another. */
  refused(): void
}

/**
 * Pipes a connection to a private path of a process, preceded by the client's address. Until the process has said that it has a
 * server for it, nothing of it is read.
 */
export function pipeToPath({ socket: client, head }: Waiting, path: string, outcome: PipeOutcome): void {
  const inner = connect({ path, allowHalfOpen: true })
  const lost = (): void => outcome.refused()
  inner.once('close', lost)
  inner.on('error', () => {})
  inner.write(prefaceOf(client))
  inner.once('readable', () => {
    const said: unknown = inner.read(ACCEPTED.length)
    if (String(said) !== ACCEPTED) {
      inner.destroy()
      return
    }
    inner.off('close', lost)
    outcome.accepted()
    join(client, inner, head)
  })
}

/** Pipes a connection to a server that knows nothing of us. It is the server's as soon as it is connected. */
export function pipeToPort({ socket: client, head }: Waiting, port: number, outcome: PipeOutcome): Socket {
  const options: NetConnectOpts = { port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }
  const inner = connect(options)
  const lost = (): void => outcome.refused()
  inner.once('close', lost)
  inner.on('error', () => {})
  inner.once('connect', () => {
    inner.off('close', lost)
    outcome.accepted()
    join(client, inner, head)
  })
  return inner
}

/** Both ways, each end on its own. Where one breaks, so does the other. */
function join(client: Socket, inner: Socket, head: Buffer | undefined): void {
  if (head !== undefined) inner.write(head)
  client.pipe(inner).pipe(client)
  for (const [one, other] of [
    [client, inner],
    [inner, client],
  ] as const) {
    one.on('error', () => other.destroy())
    one.once('close', () => {
      // What was written to the other is still flushed.
      if (!other.destroyed) other.destroySoon()
    })
  }
}
