import type { Readable } from 'node:stream'
import type { Answer, Exchange, Head } from './http-client.ts'

interface Incoming extends Head {
  readonly stream: Readable
  /** Whether the body has come in full, once the stream is over. */
  complete(): boolean
  /** The connection can be used for the next request. */
  readonly freed?: Promise<unknown>
}

/** Makes an exchange of an answer that comes: its body is collected, at once or, for a slow reader, when told to. */
export function collect(incoming: Promise<Incoming>, slow: boolean, abort: () => void): Exchange {
  let read = (): void => {}
  const allowed = slow
    ? new Promise<void>((resolve) => {
        read = resolve
      })
    : Promise.resolve()
  const answer = incoming.then(async ({ status, headers, stream, complete, freed }): Promise<Answer> => {
    stream.on('error', () => {})
    await allowed
    const chunks: Buffer[] = []
    // Not `for await`: Node 24 may say 'Premature close' of an HTTP/2 answer that has ended (seen with 24.21).
    await new Promise<void>((resolve) => {
      if (stream.destroyed) resolve()
      for (const over of ['end', 'close']) stream.once(over, () => resolve())
      stream.on('data', (chunk) => chunks.push(Buffer.from(chunk)))
    })
    const body = Buffer.concat(chunks).toString('latin1')
    if (!complete()) throw new Error(`The answer was cut off after ${body.length} bytes`)
    await freed
    return { status, headers, body }
  })
  const head = incoming.then(({ status, headers }) => ({ status, headers }))
  // Whoever awaits one of them gets the rejection; whoever does not has no use for it.
  answer.catch(() => {})
  head.catch(() => {})
  return { head, answer, read: () => read(), abort }
}
