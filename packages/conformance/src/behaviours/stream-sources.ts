import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { createGzip, gunzipSync, constants as zlib } from 'node:zlib'
import { expect } from 'vitest'
import type { Behaviour } from '../behaviour.ts'
import type { PendingRequest } from '../pending-requests.ts'
import type { Response } from '../subject.ts'
import type { TestContext } from '../test-context.ts'

const PATIENCE = 1000

/**
 * Opens a stream that does not count, whose body `begin` writes, and lets the server end. Returns the body that the
 * client received. `later` runs at the end, when the response has been ended.
 */
async function streamed(
  t: TestContext,
  begin: (response: Response) => unknown,
  later: (pending: PendingRequest) => unknown = () => {},
): Promise<string> {
  const clock = t.stopTime()
  const idle = await t.serve({ patience: PATIENCE, clock, streams: 'ignore' })
  const { head, answer } = t.client().ask('/stream')
  const pending = await t.requests.next()
  pending.response.writeHead(200, { 'content-type': 'text/plain' })
  begin(pending.response)
  await head
  for (let patience = 0; patience < 2; patience++) {
    clock.step(PATIENCE)
    await t.settle()
  }
  expect(idle.signal.aborted).toBe(true)
  later(pending)
  const { body } = await answer
  await t.settle()
  expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
  return body
}

/** Streams that an application writes in other ways than `write()`, and that a drain ends. */
export const streamSources: readonly Behaviour[] = [
  {
    name: 'stream whose head is only flushed → ended with an empty body',
    async run(t) {
      const flush = (response: Response): unknown => Object(response).flushHeaders?.()
      expect(await streamed(t, flush)).toBe('')
    },
  },
  {
    name: 'stream that the application goes on writing → the later writes are dropped, and do not end the process',
    async run(t) {
      const body = await streamed(
        t,
        (response) => response.write('first'),
        ({ response }) => {
          for (let write = 0; write < 3; write++) response.write('late')
          response.end('late')
        },
      )
      expect(body).toBe('first')
    },
  },
  {
    name: 'stream that a Readable is piped into → ended, and its source is unpiped',
    async run(t) {
      const source = new PassThrough()
      source.write('first')
      const body = await streamed(
        t,
        (response) => source.pipe(response),
        () => source.write('late'),
      )
      expect(body).toBe('first')
      expect(source.readableFlowing).toBe(false)
    },
  },
  {
    name: 'stream of an async iterable → ended after what it has yielded',
    async run(t) {
      const more = new PassThrough()
      async function* lines(): AsyncGenerator<string> {
        yield 'one '
        yield 'two'
        await once(more, 'end')
      }
      const body = await streamed(t, (response) => Readable.from(lines()).pipe(response))
      expect(body).toBe('one two')
    },
  },
  {
    name: 'stream that is compressed → ended, and what was flushed can be read',
    async run(t) {
      const gzip = createGzip()
      const received = await streamed(t, (response) => {
        gzip.pipe(response)
        // Latin-1 in base64, so that a client that reads text keeps the bytes.
        gzip.write('compressed')
        gzip.flush()
      })
      expect(received.length).toBeGreaterThan(0)
    },
  },
  {
    name: 'stream whose end() the application has replaced, as a compressing middleware does → ended by that end()',
    async run(t) {
      const packed: Buffer[] = []
      const body = await streamed(t, (response) => {
        const gzip = createGzip()
        const [write, end] = [response.write.bind(response), response.end.bind(response)]
        Object.assign(response, {
          write: (chunk: string) => gzip.write(chunk),
          end: () => {
            gzip.end()
            return response
          },
        })
        gzip.on('data', (chunk: Buffer) => {
          packed.push(chunk)
          write(chunk.toString('base64'))
        })
        gzip.on('end', () => end())
        response.write('compressed')
        gzip.flush(zlib.Z_SYNC_FLUSH)
      })
      expect(body).toBe(packed.map((chunk) => chunk.toString('base64')).join(''))
      expect(gunzipSync(Buffer.concat(packed)).toString()).toBe('compressed')
    },
  },
]
