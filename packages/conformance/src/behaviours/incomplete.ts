import { turns } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type Behaviour, isHttp1, isHttp2 } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'
import { PATIENCE, pass, start } from './stopped-time.ts'

/** Requests of which only a part has arrived at the deadline or at the drain. */
export const incomplete: readonly Behaviour[] = [
  ...(
    [
      ['half a request head', 'GET /never HTTP/1.1\r\nHo'],
      ['half a request body', 'POST /never HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nhalf'],
    ] as const
  ).map(
    ([name, bytes]): Behaviour => ({
      name: `${name} in a drain without a grace → waited for, but not forever`,
      appliesTo: isHttp1,
      async run(t) {
        const { clock, idle } = await start(t, { grace: Infinity })
        const raw = await t.raw()
        await t.sendPart(raw, bytes)
        const closed = idle.close()
        await t.settle()
        await pass(t, clock, 9000)
        expect(raw.socket.readableEnded || raw.socket.destroyed).toBe(false)
        await pass(t, clock, 6000)
        await raw.ended
        expect(await closed).toMatchObject({ drained: 0, destroyed: 0 })
      },
    }),
  ),
  {
    name: 'half a request body on a stream in a drain without a grace → waited for, but not forever',
    appliesTo: isHttp2,
    async run(t) {
      const { clock, idle } = await start(t, { grace: Infinity })
      const { answer } = t.client().ask('/never', { method: 'POST', body: 'half', unfinished: true })
      answer.catch(() => {})
      await t.requests.next()
      const closed = idle.close()
      await t.settle()
      await pass(t, clock, 15_000)
      expect(await closed).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
  {
    name: 'CRLF on a kept connection just before the deadline → begins nothing: fires at the deadline, and is ended',
    appliesTo: isHttp1,
    async run(t) {
      const { clock, idle } = await start(t)
      const raw = await t.keptConnection()
      while (idle.tracker.active > 0) await turns(1)
      clock.step(PATIENCE - 500)
      await t.sendPart(raw, '\r\n')
      clock.step(500)
      await t.settle()
      expect(idle.signal.aborted).toBe(true)
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0, duration: 0 })
    },
  },
  {
    name: 'half a request head long before the deadline, on a kept connection → fires; completed in the drain, it is answered',
    appliesTo: isHttp1,
    async run(t) {
      const { clock, idle } = await start(t)
      const raw = await t.keptConnection()
      await t.sendPart(raw, 'GET /late HTTP/1.1\r\nHo')
      clock.step(PATIENCE)
      await t.settle()
      expect(idle.signal.aborted).toBe(true)
      await pass(t, clock, 3000)
      await raw.send('st: localhost\r\n\r\n')
      const pending = await t.requests.next()
      await pending.answer()
      expect(await raw.until(answerTo('/late'))).toContain('Connection: close')
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'half a request head on a kept connection at close() → completed in the drain, it is answered',
    appliesTo: isHttp1,
    async run(t) {
      const { clock, idle } = await start(t)
      const raw = await t.keptConnection()
      await t.sendPart(raw, '\r\nGET /late HTTP/1.1\r\nHo')
      const closed = idle.close()
      await t.settle()
      await pass(t, clock, 3000)
      await raw.send('st: localhost\r\n\r\n')
      const pending = await t.requests.next()
      await pending.answer()
      await raw.until(answerTo('/late'))
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'CRLF on a kept connection at close() → begins nothing, and is ended at once',
    appliesTo: isHttp1,
    async run(t) {
      const { idle } = await start(t)
      const raw = await t.keptConnection()
      await t.sendPart(raw, '\r\n')
      expect(await idle.close()).toMatchObject({ drained: 0, destroyed: 0, duration: 0 })
    },
  },
  {
    name: 'upload that was answered before the drain, and whose handler reads it with pauses → read to its end',
    appliesTo: isHttp1,
    async run(t) {
      const { clock, idle } = await start(t)
      const raw = await t.raw()
      const size = 1_000_000
      void raw.send(`POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`)
      const { request, response } = await t.requests.next()
      response.end('accepted')
      let read = 0
      const reading = (async () => {
        for await (const chunk of request) {
          read += String(chunk).length
          if (read < size / 2) await pass(t, clock, 1600)
        }
      })()
      await raw.until('accepted')
      const closed = idle.close()
      await reading
      expect(read).toBe(size)
      expect((await closed).destroyed).toBe(0)
    },
  },
]
