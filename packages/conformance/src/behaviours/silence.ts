import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AnyServer } from '@idle-shutdown/core'
import { expect } from 'vitest'
import { type Behaviour, isHttp1, isHttp2 } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'
import type { TestContext } from '../test-context.ts'
import { PATIENCE, pass, type Started, start } from './stopped-time.ts'

const upgradeHead = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: thing\r\n\r\n'
const connectHead = 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'

/** Clients that left without closing their connection. */
export const silence: readonly Behaviour[] = [
  ...(
    [
      ['socket that never sends', ''],
      ['half a request head', 'GET /never HTTP/1.1\r\nHo'],
    ] as const
  ).map(
    ([name, bytes]): Behaviour => ({
      name: `${name}, with the timeouts of Node off → active for two patiences, then fires and is ended`,
      appliesTo: isHttp1,
      unix: true,
      async run(t) {
        const started = await start(t)
        const raw = await t.raw()
        if (bytes !== '') await t.sendPart(raw, bytes)
        await countsNoLonger(t, started)
        await endsWithout(t, started)
        await raw.ended
      },
    }),
  ),
  {
    name: "half a request head whose 'clientError' handler only ends the socket → active for two patiences, then fires and is ended",
    appliesTo: isHttp1,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: PATIENCE, clock }, (server) => {
        Reflect.set(server, 'headersTimeout', 300)
        Reflect.set(server, 'connectionsCheckingInterval', 10)
        // In place of a framework's own handler, which destroys the socket (Fastify).
        server.removeAllListeners('clientError')
        server.on('clientError', (_error: Error, socket: Duplex) => {
          if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
        })
      })
      const raw = await t.raw({ allowHalfOpen: true })
      await raw.send('GET /never HTTP/1.1\r\nHo')
      await raw.until('400 Bad Request')
      await countsNoLonger(t, { clock, idle })
      await endsWithout(t, { clock, idle })
    },
  },
  {
    name: 'half a request body, with the timeouts of Node off → active for two patiences, then fires and is ended',
    async run(t) {
      const started = await start(t)
      const { answer } = t.client().ask('/half', { method: 'POST', body: 'half', unfinished: true })
      answer.catch(() => {})
      await t.requests.next()
      await countsNoLonger(t, started)
      await endsWithout(t, started)
    },
  },
  {
    name: 'ignored request with half a body → suspends the end for two patiences, and no longer',
    async run(t) {
      const { clock, idle } = await start(t, { ignore: '/half' })
      idle.tracker.touch()
      const { answer } = t.client().ask('/half', { method: 'POST', body: 'half', unfinished: true })
      answer.catch(() => {})
      await t.requests.next()
      expect(idle.tracker.explain().ignored).toBe(1)
      await pass(t, clock, 2 * PATIENCE)
      expect(idle.tracker.explain().ignored).toBe(1)
      await endsWithout(t, { clock, idle })
    },
  },
  {
    name: 'half a request body whose client goes on after all → active again, and answered',
    appliesTo: isHttp1,
    async run(t) {
      const started = await start(t)
      const { clock, idle } = started
      const raw = await t.raw()
      await raw.send('POST /late HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nhalf')
      const pending = await t.requests.next()
      await countsNoLonger(t, started)
      await t.sendPart(raw, 'rest')
      await pass(t, clock, 3 * PATIENCE)
      expect(idle.tracker.active).toBe(1)
      expect(idle.tracker.explain().reasons).toMatchObject([{ kind: 'request', label: 'POST /late' }])
      await pending.answer()
      await raw.until(answerTo('/late'))
      expect(idle.tracker.active).toBe(0)
    },
  },
  {
    name: 'half a request body whose handler answers when it no longer counts → answered, and counted once',
    async run(t) {
      const started = await start(t)
      const { head, answer } = t.client().ask('/early', { method: 'POST', body: 'half', unfinished: true })
      answer.catch(() => {})
      const pending = await t.requests.next()
      await countsNoLonger(t, started)
      pending.response.writeHead(200)
      pending.response.end('enough')
      expect((await head).status).toBe(200)
      expect(started.idle.tracker.active).toBe(0)
    },
  },
  {
    name: 'half a request body that no longer counts, answered by a listener of the signal → Connection: close',
    appliesTo: isHttp1,
    async run(t) {
      const { clock, idle } = await start(t)
      const raw = await t.raw()
      await raw.send('POST /last HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nhalf')
      const pending = await t.requests.next()
      idle.signal.addEventListener('abort', () => void pending.answer())
      await pass(t, clock, 4 * PATIENCE)
      expect(await raw.until(answerTo('/last'))).toMatch(/^connection: close\r$/im)
      raw.destroy()
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  ...(
    [
      ['upgrade', upgradeHead],
      ['CONNECT', connectHead],
    ] as const
  ).map(
    ([name, head]): Behaviour => ({
      name: `${name} that is never answered → active for two patiences, then fires and is ended`,
      appliesTo: isHttp1,
      async run(t) {
        const started = await start(t, {}, neverAnswer)
        const raw = await t.raw()
        await t.sendPart(raw, head)
        await t.settle()
        expect(started.idle.tracker.explain().reasons).toMatchObject([{ kind: 'upgrade' }])
        await countsNoLonger(t, started)
        await endsWithout(t, started)
        await raw.ended
      },
    }),
  ),
]

/** Expects that something waiting for a silent client counts for two patiences, and for at most three. */
async function countsNoLonger(t: TestContext, { clock, idle }: Started): Promise<void> {
  expect(idle.tracker.active).toBe(1)
  await pass(t, clock, 2 * PATIENCE)
  expect(idle.tracker.active).toBe(1)
  await pass(t, clock, PATIENCE)
  expect(idle.tracker.explain()).toMatchObject({ active: 0, ignored: 0, reasons: [] })
  expect(idle.signal.aborted).toBe(false)
}

/** Then expects the end, which does not wait for the silent client again unless that client acknowledges a GOAWAY. */
async function endsWithout(t: TestContext, { clock, idle }: Started): Promise<void> {
  await pass(t, clock, PATIENCE)
  expect(idle.signal.reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT' })
  await pass(t, clock, isHttp2(t.subject) ? 15_000 : 1000)
  expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
}

/** Handles upgrades and CONNECT without an answer. */
function neverAnswer(server: AnyServer): void {
  for (const event of ['upgrade', 'connect']) {
    server.on(event, (_request: IncomingMessage, socket: Duplex) => void socket.on('error', () => {}))
  }
}
