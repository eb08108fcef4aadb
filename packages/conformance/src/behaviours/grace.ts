import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { expect } from 'vitest'
import { WebSocketServer } from 'ws'
import { type Behaviour, isAny, isHttp1, isHttp2, isRaw } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'

/** Milliseconds: longer than a busy machine takes for the responses that must end within the grace. */
const GRACE = 500

/** The fate of requests and connections that have not ended when the grace is over. */
export const grace: readonly Behaviour[] = [
  {
    name: 'hung handler → cut when grace is over',
    unix: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h', grace: GRACE })
      const { answer } = t.client().ask('/hung')
      const pending = await t.requests.next()
      const report = await idle.close()
      expect(report).toMatchObject({ drained: 0, destroyed: 1, abandoned: 0 })
      expect(report.duration).toBeGreaterThanOrEqual(GRACE)
      await expect(answer).rejects.toThrow()
      await pending.closed
      expect(idle.tracker.active).toBe(0)
    },
  },
  {
    name: 'server-sent events that go on → cut when grace is over',
    async run(t) {
      const idle = await t.serve({ patience: '1h', grace: GRACE })
      const { head, answer } = t.client().ask('/events')
      const { response } = await t.requests.next()
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: hello\n\n')
      await head
      expect(await idle.close()).toMatchObject({ drained: 0, destroyed: 1 })
      await expect(answer).rejects.toThrow()
    },
  },
  {
    name: 'WebSocket that neither side closes → cut when grace is over, though closeAllConnections() misses it',
    appliesTo: isHttp1,
    async run(t) {
      const accepting = new WebSocketServer({ noServer: true })
      const idle = await t.serve({ patience: '1h', grace: GRACE }, (server) => {
        server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
          accepting.handleUpgrade(request, socket, head, () => {})
        })
      })
      const client = await t.websocket()
      const closed = new Promise((resolve) => client.once('close', resolve))
      expect(await idle.close()).toMatchObject({ drained: 0, destroyed: 1 })
      expect(await closed).toBe(1001)
    },
  },
  {
    name: 'WebSocket that the application closes on the signal → 1001, nothing is cut',
    appliesTo: isHttp1,
    unix: true,
    async run(t) {
      const accepting = new WebSocketServer({ noServer: true })
      const idle = await t.serve({ patience: '1h' }, (server) => {
        server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
          accepting.handleUpgrade(request, socket, head, (webSocket) => {
            idle.signal.addEventListener('abort', () => webSocket.close(1001))
          })
        })
      })
      const client = await t.websocket()
      const closed = new Promise((resolve) => client.once('close', resolve))
      expect(await idle.close()).toMatchObject({ destroyed: 0 })
      expect(await closed).toBe(1001)
    },
  },
  {
    name: 'several streams of one session → one cut',
    appliesTo: isHttp2,
    async run(t) {
      const idle = await t.serve({ patience: '1h', grace: GRACE })
      const client = await t.session()
      const answers = [client.ask('/hung').answer, client.ask('/too').answer]
      await t.requests.next()
      await t.requests.next()
      expect(await idle.close()).toMatchObject({ drained: 0, destroyed: 1 })
      for (const answer of answers) await expect(answer).rejects.toThrow()
    },
  },
  {
    name: 'one hung among others that are answered → drained and destroyed say so',
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ grace: 5000, clock })
      const [hung, fine] = [t.client().ask('/a'), t.client().ask('/a')]
      const [first] = [await t.requests.next(), await t.requests.next()]
      const closed = idle.close()
      await t.settle()
      await first.answer()
      await Promise.race([t.disconnected(0), t.disconnected(1)])
      clock.step(5000)
      expect(await closed).toMatchObject({ drained: 1, destroyed: 1, duration: 5000 })
      const outcomes = await Promise.allSettled([hung.answer, fine.answer])
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    },
  },
  {
    name: 'half a request head → waited for until grace is over, then cut',
    appliesTo: isHttp1,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ grace: 5000, clock })
      const raw = await t.raw()
      await t.sendPart(raw, 'GET /never HTTP/1.1\r\nHo')
      const closed = idle.close()
      await t.settle()
      clock.step(4999)
      await t.settle()
      expect(idle.tracker.explain().state).toBe('ended')
      expect(raw.socket.readableEnded).toBe(false)
      clock.step(1)
      expect(await closed).toMatchObject({ drained: 0, destroyed: 1, duration: 5000 })
    },
  },
  {
    name: 'plain connection that the application ends on the signal → nothing is cut',
    appliesTo: isRaw,
    unix: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h' }, (server) => {
        server.on(t.subject.secure ? 'secureConnection' : 'connection', (socket: Duplex) => {
          idle.signal.addEventListener('abort', () => socket.end('bye'))
        })
      })
      const raw = await t.raw()
      expect(await idle.close()).toMatchObject({ drained: 0, destroyed: 0 })
      await raw.until('bye')
      expect(await raw.ended).toEqual({ how: 'FIN' })
    },
  },
  {
    name: 'plain connection that neither side ends → cut when grace is over',
    appliesTo: isRaw,
    async run(t) {
      const idle = await t.serve({ patience: '1h', grace: GRACE })
      const [one, two] = [await t.raw(), await t.raw()]
      expect(await idle.close()).toMatchObject({ drained: 0, destroyed: 2 })
      await Promise.all([one.ended, two.ended])
    },
  },
  {
    name: 'grace 0 → cuts at once',
    appliesTo: (subject) => subject.protocol !== 'raw',
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ grace: 0, clock })
      const { answer } = t.client().ask('/cut')
      await t.requests.next()
      expect(await idle.close()).toMatchObject({ drained: 0, destroyed: 1, duration: 0 })
      await expect(answer).rejects.toThrow()
    },
  },
  {
    name: 'grace Infinity → waits, however long',
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ grace: Infinity, clock })
      const { answer } = t.client().ask('/patient')
      const pending = await t.requests.next()
      const closed = idle.close()
      await t.settle()
      clock.step(1_000_000_000)
      await t.settle()
      await pending.answer()
      expect((await answer).body).toBe(answerTo('/patient'))
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0, duration: 1_000_000_000 })
    },
  },
  {
    name: 'hold that is released during the drain → waited for',
    appliesTo: isAny,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ grace: 5000, clock })
      const hold = idle.tracker.hold('a job')
      const closed = idle.close()
      await t.settle()
      clock.step(4000)
      hold.release()
      expect(await closed).toMatchObject({ abandoned: 0, duration: 4000 })
    },
  },
  {
    name: 'holds that are not released → abandoned when grace is over',
    appliesTo: isAny,
    unix: true,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ grace: 5000, clock })
      const holds = [idle.tracker.hold(), idle.tracker.hold(), idle.tracker.hold()]
      const closed = idle.close()
      holds[0]?.cancel()
      await t.settle()
      clock.step(5000)
      expect(await closed).toMatchObject({ abandoned: 2, destroyed: 0, duration: 5000 })
      for (const hold of holds) hold.release()
      expect(idle.tracker.active).toBe(0)
    },
  },
]
