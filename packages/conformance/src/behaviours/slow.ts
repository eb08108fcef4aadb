import { expect } from 'vitest'
import { type Behaviour, isHttp, isHttp1 } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'
import { PATIENCE, pass, start } from './stopped-time.ts'

/** Slow clients and slow handlers, which only seem to have left. */
export const slow: readonly Behaviour[] = [
  {
    name: 'upload that moves slowly → active for as long as it moves',
    appliesTo: isHttp1,
    async run(t) {
      const { clock, idle } = await start(t)
      const raw = await t.raw()
      await raw.send('POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\nbegin')
      await t.requests.next()
      for (let patience = 0; patience < 8; patience++) {
        await t.sendPart(raw, 'a little more')
        await pass(t, clock, PATIENCE)
        expect(idle.tracker.active).toBe(1)
      }
    },
  },
  {
    name: 'response that streams while its request is incomplete → active for as long as it moves',
    async run(t) {
      const { clock, idle } = await start(t)
      const exchange = t.client().ask('/both', { method: 'POST', body: 'half', unfinished: true })
      exchange.answer.catch(() => {})
      const { response } = await t.requests.next()
      for (let patience = 0; patience < 8; patience++) {
        response.write('a little more')
        await pass(t, clock, PATIENCE)
        expect(idle.tracker.active).toBe(1)
      }
    },
  },
  {
    name: 'handler that computes for many patiences → active until it answers',
    appliesTo: isHttp,
    async run(t) {
      const { clock, idle } = await start(t)
      const { answer } = t.client().ask('/long', { method: 'POST', body: 'whole' })
      const pending = await t.requests.next()
      await pending.body()
      await pass(t, clock, 10 * PATIENCE)
      expect(idle.tracker.active).toBe(1)
      await pending.answer()
      expect((await answer).body).toBe(answerTo('/long'))
    },
  },
  {
    name: 'upload that the handler does not read yet → active, however long',
    async run(t) {
      const { clock, idle } = await start(t)
      const { answer } = t.client().ask('/later', { method: 'POST', body: 'x'.repeat(1_000_000), unfinished: true })
      answer.catch(() => {})
      const { request } = await t.requests.next()
      // Node does not see the client leave either.
      t.defer(() => request.socket.destroy())
      await pass(t, clock, 10 * PATIENCE)
      expect(idle.tracker.active).toBe(1)
    },
  },
  {
    name: 'Expect: 100-continue that the handler thinks about → active, however long',
    async run(t) {
      const { clock, idle } = await start(t, {}, (server) => server.on('checkContinue', t.requests.handler))
      const { answer } = t
        .client()
        .ask('/asks', { method: 'POST', headers: { expect: '100-continue' }, unfinished: true })
      answer.catch(() => {})
      await t.requests.next()
      await pass(t, clock, 10 * PATIENCE)
      expect(idle.tracker.active).toBe(1)
    },
  },
]
