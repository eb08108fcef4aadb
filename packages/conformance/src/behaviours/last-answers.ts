import type { RawClient } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type Behaviour, isHttp1 } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'
import type { TestContext } from '../test-context.ts'

/** A body that the kernel takes at once, even if the client does not read. */
const TAKEN = Buffer.alloc(1_000_000, 'x')

/** The fate of a connection after its last response. */
export const lastAnswers: readonly Behaviour[] = [
  {
    name: 'last answer handed to the kernel, and its client sends on before it reads → read to the end',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      raw.socket.pause()
      await raw.get('/last')
      const pending = await t.requests.next()
      void idle.close()
      await t.settle()
      pending.response.end(`${TAKEN}end`)
      await pending.closed
      await sendOnAndRead(t, raw)
      expect(await raw.until('xend')).toContain('Connection: close')
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
      expect(t.requests.waiting).toBe(0)
    },
  },
  {
    name: 'last answer begun before the drain, and its client sends on before it reads → read to the end',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      await raw.get('/last')
      const { response, closed } = await t.requests.next()
      response.write('first ')
      await raw.until('first ')
      raw.socket.pause()
      void idle.close()
      await t.settle()
      response.end(`${TAKEN}end`)
      await closed
      await sendOnAndRead(t, raw)
      await raw.until('xend')
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
      expect(t.requests.waiting).toBe(0)
    },
  },
  {
    name: 'pipelined answers given before the drain, and their client sends on before it reads → read to the end',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      raw.socket.pause()
      await raw.get('/1', '/2')
      const requests = [await t.requests.next(), await t.requests.next()]
      for (const { response, closed } of requests) {
        response.end(`${TAKEN}end`)
        await closed
      }
      void idle.close()
      await sendOnAndRead(t, raw)
      for (const _ of requests) await raw.until('xend')
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
      expect(t.requests.waiting).toBe(0)
    },
  },
  {
    name: 'upload answered before it has arrived in full → its client sends the rest, and reads the answer',
    appliesTo: isHttp1,
    unix: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw({ allowHalfOpen: true })
      raw.socket.pause()
      await raw.send(`POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${TAKEN.length}\r\n\r\n`)
      const pending = await t.requests.next()
      void idle.close()
      await t.settle()
      await pending.answer()
      await t.settle()
      for (let sent = 0; sent < TAKEN.length; sent += 100_000) {
        await raw.send('x'.repeat(100_000))
        await t.settle()
      }
      raw.socket.resume()
      expect(await raw.until(answerTo('/early'))).toContain('Connection: close')
      raw.halfClose()
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'upload answered before it has arrived in full, whose handler reads on → has all of it',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw({ allowHalfOpen: true })
      await raw.send('POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n01234')
      const pending = await t.requests.next()
      const body = pending.body()
      void idle.close()
      await pending.answer()
      await raw.until(answerTo('/early'))
      await t.settle()
      await raw.send('56789')
      expect(await body).toBe('0123456789')
      raw.halfClose()
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'upload answered before the drain, and still arriving → its client sends the rest, and reads the answer',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h', grace: Infinity })
      const raw = await t.raw({ allowHalfOpen: true })
      raw.socket.pause()
      await raw.send('POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\r\n01234')
      const pending = await t.requests.next()
      await pending.answer()
      void idle.close()
      await t.hasRead(() => raw.send('56789'))
      await t.settle()
      await raw.send('01234')
      await t.settle()
      await raw.get('/late')
      await t.settle()
      raw.socket.resume()
      await raw.until(answerTo('/early'))
      raw.halfClose()
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ destroyed: 0 })
      expect(t.requests.waiting).toBe(0)
    },
  },
  {
    name: 'request behind a response that has announced the close and goes on → not handled, response sent in full',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      await raw.get('/last')
      const { response } = await t.requests.next()
      void idle.close()
      await t.settle()
      response.write('first ')
      expect(await raw.until('first ')).toContain('Connection: close')
      await t.hasRead(() => raw.get('/late'))
      await t.settle()
      expect(t.requests.waiting).toBe(0)
      response.end('last')
      await raw.until('last')
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
      expect(t.requests.waiting).toBe(0)
    },
  },
  {
    name: 'request behind a response that has announced the close, and waits for an earlier one → not handled, both sent in full',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      await raw.get('/1', '/2')
      const [first, second] = [await t.requests.next(), await t.requests.next()]
      void idle.close()
      await t.settle()
      void second.answer()
      await t.hasRead(() => raw.get('/late'))
      await t.settle()
      expect(t.requests.waiting).toBe(0)
      await first.answer()
      expect(await raw.until(answerTo('/1'))).toContain('Connection: keep-alive')
      expect(await raw.until(answerTo('/2'))).toContain('Connection: close')
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 2, destroyed: 0 })
      expect(t.requests.waiting).toBe(0)
    },
  },
  {
    name: 'request behind an upload whose response has announced the close and goes on → upload in full, request not handled',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const raw = await t.raw()
      await raw.send('POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n01234')
      const pending = await t.requests.next()
      const body = pending.body()
      void idle.close()
      await t.settle()
      pending.response.write('first ')
      expect(await raw.until('first ')).toContain('Connection: close')
      await raw.send('56789')
      expect(await body).toBe('0123456789')
      await t.hasRead(() => raw.get('/late'))
      await t.settle()
      expect(t.requests.waiting).toBe(0)
      pending.response.end('last')
      await raw.until('last')
      expect(await raw.ended).toEqual({ how: 'FIN' })
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'client that does not close behind its last answer → a second, then closed',
    appliesTo: isHttp1,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ grace: '1h', clock })
      const raw = await t.raw({ allowHalfOpen: true })
      await raw.get('/last')
      const pending = await t.requests.next()
      const closed = idle.close()
      await t.settle()
      await pending.answer()
      await raw.until(answerTo('/last'))
      await t.settle()
      clock.step(999)
      await t.hasRead(() => raw.send('more'))
      clock.step(1)
      await t.settle()
      clock.step(1000)
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0, duration: 2000 })
    },
  },
]

/**
 * Sends two more requests on a client that has not read its responses. With the second one the client would see an RST.
 */
async function sendOnAndRead(t: TestContext, raw: RawClient): Promise<void> {
  await t.settle()
  await raw.get('/late')
  await t.settle()
  await raw.send('more')
  raw.socket.resume()
}
