import { once } from 'node:events'
import type { ClientHttp2Stream } from 'node:http2'
import { FIRST_REQUEST, frame, type Http2Client, KeepAliveClient, type RawClient } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type Behaviour, isHttp2 } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'
import { patiences, type TestContext } from '../test-context.ts'

const all: readonly Behaviour[] = [
  {
    name: 'session without a stream → new until its SETTINGS, then idle; fires, with GOAWAY',
    unix: true,
    async run(t) {
      const { tracker } = await t.serve()
      const hold = tracker.hold()
      const client = await t.session()
      expect(tracker.active).toBe(1)
      hold.release()
      await t.expectIdleEnd()
      await client.goaway
      expect(await client.ended).toMatchObject({ how: expect.not.stringMatching('RST') })
    },
  },
  {
    name: "session that never carries a stream → activity at its opening only ('connections')",
    async run(t) {
      const clock = t.stopTime()
      const { tracker } = await t.serve({ patience: '1m', clock })
      clock.step(1000)
      const client = await t.session()
      const deadline = new Date(clock.date() + 60_000)
      expect(tracker.deadline).toEqual(deadline)
      clock.step(1000)
      client.destroy()
      await t.disconnected(0)
      expect(tracker.deadline).toEqual(deadline)
    },
  },
  {
    name: "session that never carries a stream → no activity ('requests')",
    async run(t) {
      const clock = t.stopTime()
      const { tracker } = await t.serve({ patience: '1m', activity: 'requests', clock })
      tracker.touch()
      const { deadline } = tracker
      clock.step(1000)
      const client = await t.session()
      expect(tracker.deadline).toEqual(deadline)
      client.destroy()
      await t.disconnected(0)
      expect(tracker.deadline).toEqual(deadline)
    },
  },
  {
    name: 'PING and SETTINGS → no activity',
    async run(t) {
      const clock = t.stopTime()
      const { tracker } = await t.serve({ patience: '1m', clock })
      const client = await t.session()
      await client.ask('/now').answer
      await t.settle()
      const { deadline } = tracker
      expect(deadline).toBeInstanceOf(Date)
      clock.step(1000)
      await client.ping()
      await client.settings()
      expect(tracker.active).toBe(0)
      expect(tracker.deadline).toEqual(deadline)
    },
  },
  {
    name: 'PING more often than the patience → fires anyway',
    async run(t) {
      const idle = await t.serve()
      const client = await t.session()
      await client.ask('/now').answer
      while (!idle.signal.aborted) {
        await client.ping().catch(() => {})
        await patiences(1 / 4)
      }
      await t.expectIdleEnd()
    },
  },
  {
    name: 'streams → counted one by one',
    async run(t) {
      const { tracker } = await t.serve()
      const client = await t.session()
      const answers = ['/a', '/b', '/c'].map((path) => client.ask(path).answer)
      const requests = [await t.requests.next(), await t.requests.next(), await t.requests.next()]
      let active = 3
      for (const pending of requests) {
        expect(tracker.active).toBe(active--)
        await pending.answer()
      }
      await Promise.all(answers)
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'RST_STREAM → released once, the session stays',
    async run(t) {
      const { tracker } = await t.serve()
      const client = await t.session()
      const { answer, abort } = client.ask('/reset')
      const pending = await t.requests.next()
      expect(tracker.active).toBe(1)
      abort()
      await expect(answer).rejects.toThrow()
      await pending.closed
      expect(tracker.active).toBe(0)
      const again = client.ask('/again')
      await t.requests.next().then((next) => next.answer())
      expect((await again.answer).body).toBe(answerTo('/again'))
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'RST_STREAM with NO_ERROR while the answer waits to be sent → released, though the session stays',
    async run(t) {
      const { tracker } = await t.serve()
      const client = await t.session()
      const stream = await waitingAnswer(t, client)
      expect(tracker.active).toBe(1)
      stream.close()
      // Reads the stream so that Node's client closes its side at the end (Node 24).
      stream.resume()
      expect(await t.expectIdleEnd()).toMatchObject({ destroyed: 0 })
    },
  },
  {
    name: 'RST_STREAM with NO_ERROR and GOAWAY while the answer waits to be sent → released, and the connection is closed',
    async run(t) {
      // The count falls at once: with a patience of an hour, the test cannot wait for it.
      const { tracker } = await t.serve({ patience: '1h' })
      const client = await waitingAnswerByTheByte(t)
      await t.hasRead(() => client.send(RESET + GOAWAY))
      client.halfClose()
      await t.disconnected(0)
      expect(tracker.active).toBe(0)
    },
  },
  {
    name: 'RST_STREAM with NO_ERROR during a drain, while the answer waits to be sent → closes before grace is over',
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const client = await waitingAnswerByTheByte(t)
      const closed = idle.close()
      await t.settle()
      await t.hasRead(() => client.send(RESET))
      client.destroy()
      expect(await closed).toMatchObject({ destroyed: 0 })
    },
  },
  {
    name: 'session destroyed with streams in progress → all released',
    async run(t) {
      const { tracker } = await t.serve()
      const client = await t.session()
      client.ask('/a')
      client.ask('/b')
      const pending = await t.requests.next()
      await t.requests.next()
      expect(tracker.active).toBe(2)
      client.destroy()
      await pending.closed
      await t.disconnected(0)
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'allowHTTP1, both protocols at once → each request counted once',
    appliesTo: ({ http1Too }) => http1Too === true,
    async run(t) {
      const { tracker } = await t.serve()
      const [h2, h1] = [await t.session(), new KeepAliveClient(t.address, true)]
      t.defer(() => h1.destroy())
      const [overH2, overH1] = [h2.ask('/h2').answer, h1.ask('/h1').answer]
      const requests = [await t.requests.next(), await t.requests.next()]
      expect(tracker.active).toBe(2)
      const again = h2.ask('/h2?2').answer
      requests.push(await t.requests.next())
      for (const [index, pending] of requests.entries()) {
        expect(tracker.active).toBe(3 - index)
        await pending.answer()
      }
      expect((await overH1).body).toBe(answerTo('/h1'))
      expect((await overH2).body).toBe(answerTo('/h2'))
      await again
      expect(tracker.active).toBe(0)
      expect(await t.expectIdleEnd()).toMatchObject({ destroyed: 0 })
    },
  },
  {
    name: 'push stream → the end waits until it has been sent',
    async run(t) {
      const { tracker } = await t.serve()
      const client = await t.session()
      const pushed = once(client.session, 'stream')
      const { answer } = client.ask('/page')
      const { response } = await t.requests.next()
      if (!('createPushResponse' in response) || typeof response.createPushResponse !== 'function') throw new Error()
      const push = await new Promise<unknown>((resolve, reject) => {
        const args = [
          { ':path': '/style' },
          (error: Error | null, made: unknown) => (error ? reject(error) : resolve(made)),
        ]
        Reflect.apply(Object(response).createPushResponse, response, args)
      })
      response.end('page')
      await answer
      const [stream] = await pushed
      stream.resume()
      await t.expectStillUp()
      // No event reports a pushed stream: it delays the end, and does not count.
      expect(tracker.active).toBe(0)
      Object(push).end('style')
      await once(stream, 'end')
      await t.expectIdleEnd()
    },
  },
]

/** HTTP/2 sessions and streams. */
export const sessions: readonly Behaviour[] = all.map((behaviour) => ({ appliesTo: isHttp2, ...behaviour }))

/**
 * Opens a stream whose response has ended on the server. The response exceeds the window of the client, which does not
 * read.
 */
async function waitingAnswer(t: TestContext, { session }: Http2Client): Promise<ClientHttp2Stream> {
  const stream = session.request({ ':path': '/large' })
  stream.on('error', () => {})
  const begun = once(stream, 'response')
  await answerAtLength(t)
  await begun
  return stream
}

/** Opens such a stream on a raw client, which never closes anything by itself. */
async function waitingAnswerByTheByte(t: TestContext): Promise<RawClient> {
  const client = await t.raw({ protocol: 'h2' })
  await client.send(FIRST_REQUEST)
  await answerAtLength(t)
  await client.until('xxx')
  return client
}

async function answerAtLength({ requests }: TestContext): Promise<void> {
  const { response } = await requests.next()
  response.end('x'.repeat(1_000_000))
}

// Frame types of RFC 9113, section 6.
const [RST_STREAM, GOAWAY_FRAME] = [3, 7] as const
const NO_ERROR = '\0\0\0\0'
const RESET = frame(RST_STREAM, 0, 1, NO_ERROR)
const GOAWAY = frame(GOAWAY_FRAME, 0, 0, `\0\0\0\0${NO_ERROR}`)
