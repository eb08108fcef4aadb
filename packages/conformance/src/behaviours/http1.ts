import { once } from 'node:events'
import { expect } from 'vitest'
import { type Behaviour, isHttp1 } from '../behaviour.ts'
import { answerTo, BIG, type PendingRequest } from '../pending-requests.ts'
import type { TestContext } from '../test-context.ts'

async function threePipelined(t: TestContext): Promise<[PendingRequest, PendingRequest, PendingRequest]> {
  return [await t.requests.next(), await t.requests.next(), await t.requests.next()]
}

const all: readonly Behaviour[] = [
  {
    name: 'pipelined requests → counted one by one, answered in order',
    unix: true,
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      await raw.get('/1', '/2', '/3')
      const [first, second, third] = await threePipelined(t)
      expect(tracker.active).toBe(3)
      // Node holds the third response back until the earlier two are written.
      third.response.end('third')
      second.response.end('second')
      expect(tracker.active).toBe(3)
      await first.answer()
      await Promise.all([second.closed, third.closed])
      expect(await raw.until('third')).toMatch(/answer to \/1[\s\S]+second[\s\S]+third/)
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'pipelined requests answered one after the other → the count falls with each',
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      await raw.get('/1', '/2', '/3')
      let active = 3
      for (const pending of await threePipelined(t)) {
        expect(tracker.active).toBe(active--)
        await pending.answer()
      }
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'pipelined, then aborted → nothing left, though Node 20 and 22 emit no close for the queued ones',
    unix: true,
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      await raw.get('/1', '/2', '/3')
      const [first] = await threePipelined(t)
      expect(tracker.active).toBe(3)
      raw.reset()
      await first.disconnected
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'RST in mid-body → released once',
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      await raw.send('POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nonly this')
      const pending = await t.requests.next()
      await once(pending.request, 'readable')
      expect(tracker.active).toBe(1)
      raw.reset()
      await pending.disconnected
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'half-close, default → released',
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      await raw.get('/half')
      const pending = await t.requests.next()
      raw.halfClose()
      await pending.disconnected
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'half-close with httpAllowHalfOpen → the answer is delivered first',
    // Only a server without TLS allows half-open sockets.
    appliesTo: (subject) => isHttp1(subject) && !subject.secure,
    async run(t) {
      const { tracker } = await t.serve({}, (server) => Reflect.set(server, 'httpAllowHalfOpen', true))
      const raw = await t.raw()
      await raw.get('/half')
      const pending = await t.requests.next()
      raw.halfClose()
      await once(pending.request.socket, 'end')
      await t.expectStillUp()
      expect(tracker.active).toBe(1)
      await pending.answer()
      await raw.until(answerTo('/half'))
      await t.expectIdleEnd()
    },
  },
  {
    name: '10 MB to a client that half-closes while it reads slowly → complete, however long it takes',
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      raw.socket.pause()
      await raw.get('/big')
      const { request, response } = await t.requests.next()
      response.end(BIG)
      raw.halfClose()
      await once(request.socket, 'end')
      await t.expectStillUp()
      expect(tracker.active).toBe(1)
      raw.socket.resume()
      await raw.ended
      expect(raw.received.length).toBeGreaterThan(BIG.length)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'Expect: 100-continue → counted',
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      await raw.send('POST /body HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n')
      await raw.until('HTTP/1.1 100 Continue\r\n\r\n')
      const pending = await t.requests.next()
      await t.expectStillUp()
      await raw.send('body')
      expect(await pending.body()).toBe('body')
      await pending.answer()
      await raw.until(answerTo('/body'))
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'Expect: 100-continue with a checkContinue handler → counted',
    async run(t) {
      const { tracker } = await t.serve({}, (server) => server.on('checkContinue', t.requests.handler))
      const raw = await t.raw()
      await raw.send('POST /body HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n')
      const pending = await t.requests.next()
      expect(tracker.active).toBe(1)
      await t.expectStillUp()
      await pending.answer()
      await raw.until(answerTo('/body'))
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: '417 for an odd Expect → balanced',
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      await raw.send('GET /odd HTTP/1.1\r\nHost: localhost\r\nExpect: the-unexpected\r\n\r\n')
      expect(await raw.until('\r\n\r\n')).toContain('HTTP/1.1 417')
      await raw.get('/then')
      const pending = await t.requests.next()
      expect(tracker.active).toBe(1)
      await pending.answer()
      await raw.until(answerTo('/then'))
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'missing Host → balanced',
    // Node checks it only on servers of node:http and node:https.
    appliesTo: (subject) => isHttp1(subject) && subject.http1Too !== true,
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      await raw.send('GET /hostless HTTP/1.1\r\n\r\n')
      await raw.until('HTTP/1.1 400')
      await raw.ended
      const other = await t.raw()
      await other.get('/then')
      const pending = await t.requests.next()
      expect(tracker.active).toBe(1)
      await pending.answer()
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'parse error on a fresh connection → balanced',
    async run(t) {
      const { tracker } = await t.serve()
      const beside = await t.raw()
      await beside.get('/beside')
      const pending = await t.requests.next()
      const raw = await t.raw()
      await raw.send('this is not HTTP\r\n\r\n')
      await raw.ended
      expect(tracker.active).toBe(1)
      await pending.answer()
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'parse error while another response is pending → balanced',
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      await raw.get('/pending')
      const pending = await t.requests.next()
      expect(tracker.active).toBe(1)
      await raw.send('this is not HTTP\r\n\r\n')
      await pending.disconnected
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'more requests than maxRequestsPerSocket → balanced',
    async run(t) {
      const { tracker } = await t.serve({}, (server) => Reflect.set(server, 'maxRequestsPerSocket', 1))
      const raw = await t.raw()
      await raw.get('/first', '/second')
      const pending = await t.requests.next()
      await pending.answer()
      await raw.until(answerTo('/first'))
      await raw.ended
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
]

/** Counting specific to HTTP/1: every byte may end a connection, and requests queue. */
export const http1: readonly Behaviour[] = all.map((behaviour) => ({ appliesTo: isHttp1, ...behaviour }))
