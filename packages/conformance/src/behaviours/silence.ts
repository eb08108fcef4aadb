import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AnyServer, IdleShutdownOptions } from '@idle-shutdown/core'
import { expect } from 'vitest'
import { type Behaviour, isHttp, isHttp1, isHttp2 } from '../behaviour.ts'
import { answerTo, type Call, turn } from '../calls.ts'
import type { RawClient } from '../clients/raw-client.ts'
import type { StoppedClock } from '../stopped-clock.ts'
import type { Idle } from '../subject.ts'
import type { Trial } from '../trial.ts'

const PATIENCE = 2000

/** Disables all of Node's timeouts. */
function withoutTimeouts(server: AnyServer): void {
  for (const name of ['headersTimeout', 'requestTimeout', 'connectionsCheckingInterval']) Reflect.set(server, name, 0)
}

interface Started {
  readonly clock: StoppedClock
  readonly idle: Idle
}

async function start(
  t: Trial,
  options: IdleShutdownOptions = {},
  prepare: (server: AnyServer) => void = () => {},
): Promise<Started> {
  const clock = t.stopTime()
  const idle = await t.serve({ patience: PATIENCE, clock, ...options }, (server) => {
    withoutTimeouts(server)
    prepare(server)
  })
  return { clock, idle }
}

/** Lets time pass one second at a time, and runs the event loop after each, as in a process that is not blocked. */
async function pass(t: Trial, clock: StoppedClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1000) {
    clock.advance(Math.min(left, 1000))
    await t.lookedAt()
  }
}

/** Expects that something waiting for a silent client counts for two patiences, and for at most three. */
async function countsNoLonger(t: Trial, { clock, idle }: Started): Promise<void> {
  expect(idle.tracker.active).toBe(1)
  await pass(t, clock, 2 * PATIENCE)
  expect(idle.tracker.active).toBe(1)
  await pass(t, clock, PATIENCE)
  expect(idle.tracker.explain()).toMatchObject({ active: 0, ignored: 0, reasons: [] })
  expect(idle.signal.aborted).toBe(false)
}

/** Then expects the end, which does not wait for the silent client again unless that client acknowledges a GOAWAY. */
async function endsWithout(t: Trial, { clock, idle }: Started): Promise<void> {
  await pass(t, clock, PATIENCE)
  expect(idle.signal.reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT' })
  await pass(t, clock, isHttp2(t.subject) ? 15_000 : 1000)
  expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
}

async function upload(t: Trial, path = '/upload', headers = ''): Promise<{ raw: RawClient; call: Call }> {
  const raw = await t.raw()
  await raw.send(`POST ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: 20000000\r\n\r\nbegin`)
  return { raw, call: await t.calls.next() }
}

/** Handles upgrades and CONNECT without an answer. */
function neverAnswer(server: AnyServer): void {
  for (const event of ['upgrade', 'connect']) {
    server.on(event, (_request: IncomingMessage, socket: Duplex) => void socket.on('error', () => {}))
  }
}

const upgradeHead = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: thing\r\n\r\n'
const connectHead = 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'

/** Clients that left without closing their connection, and clients that only seem to have left. */
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
      await t.calls.next()
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
      await t.calls.next()
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
      const call = await t.calls.next()
      await countsNoLonger(t, started)
      await t.sendPart(raw, 'rest')
      await pass(t, clock, 3 * PATIENCE)
      expect(idle.tracker.active).toBe(1)
      expect(idle.tracker.explain().reasons).toMatchObject([{ kind: 'request', label: 'POST /late' }])
      await call.answer()
      await raw.until(answerTo('/late'))
      expect(idle.tracker.active).toBe(0)
    },
  },
  {
    name: 'half a request body whose handler answers when nobody counts it any more → answered, and counted once',
    async run(t) {
      const started = await start(t)
      const { head, answer } = t.client().ask('/early', { method: 'POST', body: 'half', unfinished: true })
      answer.catch(() => {})
      const call = await t.calls.next()
      await countsNoLonger(t, started)
      call.response.writeHead(200)
      call.response.end('enough')
      expect((await head).status).toBe(200)
      expect(started.idle.tracker.active).toBe(0)
    },
  },
  {
    name: 'upload that moves slowly → active for as long as it moves',
    appliesTo: isHttp1,
    async run(t) {
      const { clock, idle } = await start(t)
      const { raw } = await upload(t)
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
      const { response } = await t.calls.next()
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
      const call = await t.calls.next()
      await call.body()
      await pass(t, clock, 10 * PATIENCE)
      expect(idle.tracker.active).toBe(1)
      await call.answer()
      expect((await answer).body).toBe(answerTo('/long'))
    },
  },
  {
    name: 'upload that the handler does not read yet → active, however long',
    async run(t) {
      const { clock, idle } = await start(t)
      const { answer } = t.client().ask('/later', { method: 'POST', body: 'x'.repeat(1_000_000), unfinished: true })
      answer.catch(() => {})
      const { request } = await t.calls.next()
      // Node does not see the client leave either.
      t.defer(() => request.socket.destroy())
      await pass(t, clock, 10 * PATIENCE)
      expect(idle.tracker.active).toBe(1)
    },
  },
  {
    name: 'Expect: 100-continue that the handler thinks about → active, however long',
    async run(t) {
      const { clock, idle } = await start(t, {}, (server) => server.on('checkContinue', t.calls.handler))
      const { answer } = t
        .client()
        .ask('/asks', { method: 'POST', headers: { expect: '100-continue' }, unfinished: true })
      answer.catch(() => {})
      await t.calls.next()
      await pass(t, clock, 10 * PATIENCE)
      expect(idle.tracker.active).toBe(1)
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
        await t.lookedAt()
        expect(started.idle.tracker.explain().reasons).toMatchObject([{ kind: 'upgrade' }])
        await countsNoLonger(t, started)
        await endsWithout(t, started)
        await raw.ended
      },
    }),
  ),
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
        await t.lookedAt()
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
      await t.calls.next()
      const closed = idle.close()
      await t.lookedAt()
      await pass(t, clock, 15_000)
      expect(await closed).toMatchObject({ drained: 0, destroyed: 0 })
    },
  },
  {
    name: 'CRLF on a kept connection just before the deadline → begins nothing: fires at the deadline, and is ended',
    appliesTo: isHttp1,
    async run(t) {
      const { clock, idle } = await start(t)
      const raw = await t.raw()
      await raw.get('/now')
      await raw.until(answerTo('/now'))
      while (idle.tracker.active > 0) await turn()
      clock.advance(PATIENCE - 500)
      await t.sendPart(raw, '\r\n')
      clock.advance(500)
      await t.lookedAt()
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
      const raw = await t.raw()
      await raw.get('/now')
      await raw.until(answerTo('/now'))
      await t.sendPart(raw, 'GET /late HTTP/1.1\r\nHo')
      clock.advance(PATIENCE)
      await t.lookedAt()
      expect(idle.signal.aborted).toBe(true)
      await pass(t, clock, 3000)
      await raw.send('st: localhost\r\n\r\n')
      const call = await t.calls.next()
      await call.answer()
      expect(await raw.until(answerTo('/late'))).toContain('Connection: close')
      expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'half a request head on a kept connection at close() → completed in the drain, it is answered',
    appliesTo: isHttp1,
    async run(t) {
      const { clock, idle } = await start(t)
      const raw = await t.raw()
      await raw.get('/now')
      await raw.until(answerTo('/now'))
      await t.sendPart(raw, '\r\nGET /late HTTP/1.1\r\nHo')
      const closed = idle.close()
      await t.lookedAt()
      await pass(t, clock, 3000)
      await raw.send('st: localhost\r\n\r\n')
      const call = await t.calls.next()
      await call.answer()
      await raw.until(answerTo('/late'))
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0 })
    },
  },
  {
    name: 'CRLF on a kept connection at close() → begins nothing, and is ended at once',
    appliesTo: isHttp1,
    async run(t) {
      const { idle } = await start(t)
      const raw = await t.raw()
      await raw.get('/now')
      await raw.until(answerTo('/now'))
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
      const { request, response } = await t.calls.next()
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
