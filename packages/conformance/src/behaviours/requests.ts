import type { Exchange, HttpClient } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import type { Behaviour } from '../behaviour.ts'
import { answerTo, type PendingRequest } from '../pending-requests.ts'
import { PATIENCE } from '../test-context.ts'

/** Counting of requests, on every protocol that has requests. */
export const requests: readonly Behaviour[] = [
  {
    name: 'a server without a request → ends, its patience counted from listening',
    appliesTo: () => true,
    unix: true,
    async run(t) {
      const idle = await t.serve({ startupPatience: PATIENCE })
      expect(idle.tracker.active).toBe(0)
      expect(idle.tracker.deadline).toBeInstanceOf(Date)
      const report = await t.expectIdleEnd()
      expect(report).toMatchObject({ drained: 0, destroyed: 0, abandoned: 0 })
    },
  },
  {
    name: 'keep-alive, nothing in progress → not active; fires despite the open socket',
    unix: true,
    async run(t) {
      const { tracker } = await t.serve()
      const client = t.client()
      expect((await client.ask('/now').answer).body).toBe(answerTo('/now'))
      expect(client.connected).toBe(true)
      expect(tracker.active).toBe(0)
      expect(await t.expectIdleEnd()).toMatchObject({ drained: 0, destroyed: 0 })
      expect(await client.ended).toEqual({ how: 'FIN' })
    },
  },
  {
    name: 'response to a POST that is slow after the body was read → active all along',
    unix: true,
    async run(t) {
      const { tracker } = await t.serve()
      const { answer } = t.client().ask('/slow', { method: 'POST', body: 'all of it' })
      const pending = await t.requests.next()
      expect(await pending.body()).toBe('all of it')
      expect(tracker.active).toBe(1)
      expect(tracker.deadline).toBeUndefined()
      await t.expectStillUp()
      await pending.answer()
      expect((await answer).body).toBe(answerTo('/slow'))
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'response that takes its time between two pieces → active until the last one',
    async run(t) {
      const { tracker } = await t.serve()
      const { head, answer } = t.client().ask('/pieces')
      const { response, closed } = await t.requests.next()
      response.writeHead(200)
      response.write('one ')
      expect((await head).status).toBe(200)
      await t.expectStillUp()
      expect(tracker.active).toBe(1)
      response.end('two')
      await closed
      expect((await answer).body).toBe('one two')
      await t.expectIdleEnd()
    },
  },
  {
    name: 'request with a token in its query → explained by its method and path only',
    async run(t) {
      const { tracker } = await t.serve()
      const { answer } = t.client().ask('/reset-password?token=SECRET')
      const pending = await t.requests.next()
      const { reasons } = tracker.explain()
      expect(reasons).toHaveLength(1)
      expect(reasons[0]?.label).toBe('GET /reset-password')
      expect(JSON.stringify(reasons) + String(tracker)).not.toContain('SECRET')
      await pending.answer()
      await answer
      await t.expectIdleEnd()
    },
  },
  {
    name: 'several clients at once → counted one by one',
    async run(t) {
      const { tracker } = await t.serve()
      const answers = ['/a', '/b', '/c'].map((path) => t.client().ask(path).answer)
      const requests = [await t.requests.next(), await t.requests.next(), await t.requests.next()]
      expect(tracker.active).toBe(3)
      for (let active = 2; active >= 0; active--) {
        await requests.shift()?.answer()
        expect(tracker.active).toBe(active)
      }
      await Promise.all(answers)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'HEAD, 204, 304 → released',
    async run(t) {
      const { tracker } = await t.serve()
      const client = t.client()
      for (const [method, status] of [
        ['HEAD', 200],
        ['GET', 204],
        ['GET', 304],
      ] as const) {
        const { answer } = client.ask('/empty', { method })
        const { response, closed } = await t.requests.next()
        expect(tracker.active).toBe(1)
        response.writeHead(status)
        response.end()
        await closed
        expect(await answer).toMatchObject({ status, body: '' })
        expect(tracker.active).toBe(0)
      }
      await t.expectIdleEnd()
    },
  },
  {
    name: 'abort while waiting → released once',
    async run(t) {
      const { tracker } = await t.serve()
      const other = t.client().ask('/other')
      const beside = await t.requests.next()
      const { answer, abort } = t.client().ask('/given-up')
      const pending = await t.requests.next()
      expect(tracker.active).toBe(2)
      abort()
      await expect(answer).rejects.toThrow()
      await pending.closed
      expect(tracker.active).toBe(1)
      // Neither the first nor a second response changes the count now.
      pending.response.end('too late')
      await beside.answer()
      await other.answer
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  ...(['res.destroy()', 'req.destroy()'] as const).map(
    (name): Behaviour => ({
      name: `${name} by the handler → released once`,
      async run(t) {
        const { tracker } = await t.serve()
        const other = t.client().ask('/other')
        const beside = await t.requests.next()
        const { answer } = t.client().ask('/destroyed', { method: 'POST', body: 'some of it', unfinished: true })
        const { request, response, closed } = await t.requests.next()
        expect(tracker.active).toBe(2)
        // The request of the compatibility layer is a view: destroying it does not destroy its stream.
        const destroyed = 'stream' in request ? request.stream : request
        if (name === 'res.destroy()') response.destroy()
        else destroyed.destroy()
        await expect(answer).rejects.toThrow()
        await closed
        expect(tracker.active).toBe(1)
        await beside.answer()
        await other.answer
        expect(tracker.active).toBe(0)
        await t.expectIdleEnd()
      },
    }),
  ),
  {
    name: 'request that is not answered → active until the client leaves',
    async run(t) {
      const { tracker } = await t.serve()
      const client = t.client()
      client.ask('/forgotten')
      const pending = await t.requests.next()
      await t.expectStillUp()
      client.destroy()
      await pending.closed
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'long polling → active, and answered through the signal',
    async run(t) {
      const idle = await t.serve()
      const { answer } = t.client().ask('/poll')
      const pending = await t.requests.next()
      idle.signal.addEventListener('abort', () => pending.answer())
      await t.expectStillUp()
      expect(idle.tracker.active).toBe(1)
      const report = await idle.close()
      expect((await answer).body).toBe(answerTo('/poll'))
      expect(report).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'server-sent events → active, and ended through the signal',
    async run(t) {
      const idle = await t.serve()
      const { head, answer } = t.client().ask('/events')
      const { response } = await t.requests.next()
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: hello\n\n')
      idle.signal.addEventListener('abort', () => response.end('event: bye\n\n'))
      await head
      await t.expectStillUp()
      const report = await idle.close()
      expect((await answer).body).toBe('data: hello\n\nevent: bye\n\n')
      expect(report).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'server-sent events passed to endOnIdle → ended at close(); those whose client has gone are forgotten',
    async run(t) {
      const idle = await t.serve()
      const ended: string[] = []
      const open = async (path: string): Promise<[HttpClient, Exchange, PendingRequest]> => {
        const client = t.client()
        const exchange = client.ask(path)
        const pending = await t.requests.next()
        pending.response.writeHead(200, { 'content-type': 'text/event-stream' })
        pending.response.write('data: hello\n\n')
        idle.endOnIdle(pending.response, (response) => {
          ended.push(path)
          response.end('event: bye\n\n')
        })
        await exchange.head
        return [client, exchange, pending]
      }
      const [client, { answer: cut }, gone] = await open('/gone')
      const [, { answer }, { response }] = await open('/open')
      cut.catch(() => {})
      client.destroy()
      await gone.closed
      await t.expectStillUp()
      const listeners = response.listenerCount('close')
      idle.endOnIdle(response)[Symbol.dispose]()
      expect(response.listenerCount('close')).toBe(listeners)
      const report = await idle.close()
      expect((await answer).body).toBe('data: hello\n\nevent: bye\n\n')
      expect(ended).toEqual(['/open'])
      expect(report).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
]
