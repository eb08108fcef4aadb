import type { IncomingMessage } from 'node:http'
import { expect } from 'vitest'
import { type Behaviour, isHttp1 } from '../behaviour.ts'
import { answerTo } from '../calls.ts'
import type { RawClient } from '../clients/raw-client.ts'

const BIG = Buffer.alloc(8_000_000, 'x')
const PATHS = ['/now/1', '/now/2', '/now/3']

/** Requests that come in one piece, each of which is answered before Node has parsed the next. */
export const pipelines: readonly Behaviour[] = [
  {
    name: 'several pipelined in one piece during the drain, answered at once → all answered',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      await raw.get('/now')
      await raw.until(answerTo('/now'))
      // Its response has closed.
      await t.lookedAt()
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
    name: 'a single request during the drain, answered at once → told Connection: close',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      await raw.get('/now')
      await raw.until(answerTo('/now'))
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
      const first = await t.calls.next()
      first.response.end(BIG)
      await raw.get('/2')
      const second = await t.calls.next()
      // Node reads no further until it can write again.
      await raw.get('/3')
      void idle.close()
      await t.lookedAt()
      const answered = second.answer()
      raw.socket.resume()
      await answered
      await (await t.calls.next()).answer()
      await raw.until(answerTo('/2'))
      await raw.until(answerTo('/3'))
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 3, destroyed: 0 })
    },
  },
]

async function allAnswered(raw: RawClient): Promise<void> {
  for (const path of PATHS) await raw.until(answerTo(path))
  expect(await raw.ended).toEqual({ how: 'FIN' })
}
