import type { Readable } from 'node:stream'
import type { Answer, Exchange, Head } from './http-client.ts'

interface Incoming extends Head {
  readonly stream: Readable
  /** Reports whether the body arrived in full, once the stream has ended. */
  complete(): boolean
  /** Resolves when the connection can carry the next request. */
  readonly freed?: Promise<unknown>
}

/** Makes an exchange of an incoming response. Collects its body at once, or after `read()` if `slow` is set. */
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
    // Avoids `for await`, which may throw 'Premature close' for an HTTP/2 response that has ended (Node 24, seen with
    // 24.21).
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
  // A caller that awaits one of these promises still gets its rejection. An unused one must not cause an unhandled
  // rejection.
  answer.catch(() => {})
  head.catch(() => {})
  return { head, answer, read: () => read(), abort }
}
