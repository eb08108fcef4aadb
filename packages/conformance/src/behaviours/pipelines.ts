import type { IncomingMessage } from 'node:http'
import type { RawClient } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type Behaviour, isHttp1 } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'
import type { TestContext } from '../test-context.ts'
import { clientsFor, expectClose, KEPT, responseOf } from './announcements.ts'

const BIG = Buffer.alloc(8_000_000, 'x')
const PATHS = ['/now/1', '/now/2', '/now/3']

/**
 * Requests that arrive in one piece, each answered before Node has parsed the next, and heads that arrive in several
 * pieces.
 */
export const pipelines: readonly Behaviour[] = [
  {
    name: 'several pipelined in one piece during the drain, answered at once → all answered',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.keptConnection()
      // The response has closed.
      await t.settle()
      void idle.close()
      await raw.get(...PATHS)
      await allAnswered(raw)
      expect(await idle.closed).toMatchObject({ drained: 3, destroyed: 0 })
    },
  },
  {
    name: 'close() by the first of several pipelined in one piece, answered at once → all answered',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' }, (server) => {
        server.prependListener('request', ({ url }: IncomingMessage) => {
          if (url === PATHS[0]) void idle.close()
        })
      })
      const raw = await t.raw()
      await raw.get(...PATHS)
      await allAnswered(raw)
      expect(await idle.closed).toMatchObject({ drained: 3, destroyed: 0 })
    },
  },
  {
    name: 'a single request during the drain, answered at once → Connection: close',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.keptConnection()
      void idle.close()
      await raw.get('/now/last')
      expect(await raw.until(answerTo('/now/last'))).toContain('Connection: close')
      expect(await raw.ended).toEqual({ how: 'FIN' })
      await idle.closed
    },
  },
  {
    name: 'pipelined behind a response that waits for a slow reader → read and answered, too',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      raw.socket.pause()
      await raw.get('/1')
      const first = await t.requests.next()
      first.response.end(BIG)
      await raw.get('/2')
      const second = await t.requests.next()
      // Node stops reading until it can write again.
      await raw.get('/3')
      void idle.close()
      await t.settle()
      const answered = second.answer()
      raw.socket.resume()
      await answered
      await (await t.requests.next()).answer()
      await raw.until(answerTo('/2'))
      await raw.until(answerTo('/3'))
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 3, destroyed: 0 })
    },
  },
  {
    name: 'head that arrives in two pieces, cut anywhere, answered at once → Connection: close',
    appliesTo: isHttp1,
    async run(t) {
      const head = 'GET /now/cut HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n\r\n'
      const cuts = Array.from({ length: head.length - 1 }, (_, index) => [
        head.slice(0, index + 1),
        head.slice(index + 1),
      ])
      await expectCloseOf(t, cuts)
    },
  },
  {
    name: 'head that arrives in three pieces, cut in its last lines, answered at once → Connection: close',
    appliesTo: isHttp1,
    async run(t) {
      const head = 'GET /now/cut HTTP/1.1\r\nHost: a\r\n\r\n'
      const cuts: string[][] = []
      for (let first = head.length - 6; first < head.length - 1; first++)
        for (let second = first + 1; second < head.length; second++)
          cuts.push([head.slice(0, first), head.slice(first, second), head.slice(second)])
      await expectCloseOf(t, cuts)
    },
  },
  {
    name: 'end of a cut head and further requests in one piece, answered at once → all answered, Connection: close on the last only',
    appliesTo: isHttp1,
    async run(t) {
      const head = 'GET /now/1 HTTP/1.1\r\nHost: localhost\r\n\r\n'
      const more =
        'POST /now/2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n\r\n\r\n' +
        'POST /now/2 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n' +
        head
      const idle = await t.serve({ patience: '1h' })
      const cuts = [0, 1, 16, head.length - 4, head.length - 3, head.length - 2, head.length - 1]
      const clients = await clientsFor(t, cuts)
      for (const [index, client] of clients.entries())
        if (index > 0) await t.hasRead(() => client.send(head.slice(0, cuts[index])), index)
      void idle.close()
      for (const [index, client] of clients.entries()) await client.send(head.slice(cuts[index]) + more)
      for (const client of clients) {
        expect(await client.ended).toEqual({ how: 'FIN' })
        const answers = client.received.split(/(?=HTTP\/1\.1 200)/)
        expect(answers.map((answer) => /^connection: close/im.test(answer))).toEqual([false, false, false, true])
      }
      expect(await idle.closed).toMatchObject({ drained: 4 * clients.length, destroyed: 0 })
    },
  },
  {
    name: 'several pipelined whose headers keep the connection → all answered in order, Connection: close on the last only',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      await raw.get('/1', '/2', '/3')
      const requests = [await t.requests.next(), await t.requests.next(), await t.requests.next()]
      void idle.close()
      // The requests are answered out of order: the head of the last response is written first.
      for (const pending of requests.toReversed()) {
        responseOf(pending).writeHead(200, KEPT)
        pending.response.end(answerTo(pending.url))
      }
      const [first, second] = [await raw.until(answerTo('/1')), await raw.until(answerTo('/2'))]
      for (const answer of [first, second]) expect(answer).toContain('Connection: keep-alive')
      await expectClose(raw)
      expect(raw.received).toContain(answerTo('/3'))
      expect(await idle.closed).toMatchObject({ drained: 3, destroyed: 0 })
    },
  },
  {
    name: 'answer given while Node reads the body, a further request in the same piece → both answered',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      await raw.send('POST /1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nabc')
      const { request, response } = await t.requests.next()
      request.on('data', (chunk) => {
        if (String(chunk) === 'def') response.end(answerTo('/1'))
      })
      void idle.close()
      await t.settle()
      await raw.send('defGET /now/2 HTTP/1.1\r\nHost: localhost\r\n\r\n')
      expect(await raw.until(answerTo('/1'))).toContain('Connection: keep-alive')
      await raw.until('Connection: close')
      await raw.until(answerTo('/now/2'))
      expect(await idle.closed).toMatchObject({ drained: 2, destroyed: 0 })
    },
  },
]

/** Starts a drain before the last piece of each head, and expects that each client reads `Connection: close`. */
async function expectCloseOf(t: TestContext, heads: readonly (readonly string[])[]): Promise<void> {
  const idle = await t.serve({ patience: '1h' })
  const clients = await clientsFor(t, heads)
  for (const [index, client] of clients.entries())
    for (const piece of heads[index]?.slice(0, -1) ?? []) await t.hasRead(() => client.send(piece), index)
  void idle.close()
  for (const [index, client] of clients.entries()) await client.send(heads[index]?.at(-1) ?? '')
  for (const client of clients) await expectClose(client)
  expect(await idle.closed).toMatchObject({ drained: heads.length, destroyed: 0 })
}

async function allAnswered(raw: RawClient): Promise<void> {
  for (const path of PATHS) await raw.until(answerTo(path))
  expect(await raw.ended).toEqual({ how: 'FIN' })
}
