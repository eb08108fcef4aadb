import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer, get, type RequestListener, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { turns } from '@idle-shutdown/testing'
import compression from 'compression'
import express5 from 'express'
import express4 from 'express4'
import request from 'supertest'
import { describe, expect, expectTypeOf, test } from 'vitest'
import defaultExport, { idle } from './index.ts'

const patience = 60
/** A server with this option does not end before its first client arrives, even on a busy machine. */
const startupPatience = '1h'

// The types of Express 4 differ from those of Express 5, but not in what this test uses.
describe.each([
  [
    'Express 4',
    () => Object(express4)() as ReturnType<typeof express5>,
    () => Object(express4).Router() as express5.Router,
  ],
  ['Express 5', () => express5(), () => express5.Router()],
])('%s', (_name, makeApp, makeRouter) => {
  test('a server without a request closes after the patience', async () => {
    const app = makeApp()
    const middleware = idle({ patience })
    app.use(middleware)
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'close')
    expect((await middleware.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT', patience })
  })

  test('a server that finds its port in use, closes and listens elsewhere serves, and ends when idle', async () => {
    const taken = await listening(createServer())
    const { port } = taken.address() as AddressInfo
    const app = makeApp()
    const middleware = idle({ patience, startupPatience })
    app.use(middleware)
    app.get('/', (_req, res) => void res.end('served'))
    const retried = createServer(app)
    const failed = once(retried, 'error')
    retried.listen(port, '127.0.0.1')
    expect(await failed).toMatchObject([{ code: 'EADDRINUSE' }])
    retried.close()
    await listening(retried)
    const other = await listening(createServer(app))
    expect(middleware.signal.aborted).toBe(false)
    for (const server of [retried, other]) expect((await request(server).get('/')).text).toBe('served')
    expect((await middleware.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT', patience })
    taken.close()
  })

  test('idle.stream() lets the streams of one route not count, and refuses a wrong value at once', async () => {
    const app = makeApp()
    const idleness = idle({ patience, startupPatience })
    app.use(idleness)
    app.get('/events', idle.stream('ignore'), (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write('data: event\n\n')
    })
    const server = await listening(createServer(app))
    const events = await request(server).get('/events')
    expect(events.text).toBe('data: event\n\n')
    expect(await idleness.closed).toMatchObject({ reason: { code: 'ERR_IDLE_TIMEOUT' }, drained: 0, destroyed: 0 })
    const wrong: unknown = 'never'
    expect(() => idleness.stream(wrong as 'ignore')).toThrow(
      expect.objectContaining({
        code: 'ERR_IDLE_INVALID_OPTION',
        message: expect.stringContaining("Received 'never'"),
      }),
    )
  })

  test('a stream that compression compresses is ended, and its client gets a complete body', async () => {
    const app = makeApp()
    const idleness = idle({ patience, startupPatience, streams: 'ignore' })
    app.use(idleness, compression())
    app.get('/events', (_req, res) => {
      res.setHeader('content-type', 'text/event-stream')
      res.write('data: event\n\n')
      // Sends what is compressed so far.
      res.flush()
    })
    const server = await listening(createServer(app))
    const { port } = server.address() as AddressInfo
    const headers = { 'accept-encoding': 'gzip' }
    const [response] = await once(get({ host: '127.0.0.1', port, path: '/events', headers }), 'response')
    expect(response.headers['content-encoding']).toBe('gzip')
    const body = Buffer.concat(await response.toArray())
    // gunzipSync() throws if the end of the body is missing.
    expect(String(gunzipSync(body))).toBe('data: event\n\n')
    expect(response.complete).toBe(true)
    expect(await idleness.closed).toMatchObject({ reason: { code: 'ERR_IDLE_TIMEOUT' }, drained: 0, destroyed: 0 })
  })

  test('app.locals and each request have the signal', async () => {
    const app = makeApp()
    const middleware = idle({ patience: Infinity })
    app.use(middleware)
    app.get('/', (req, res) => {
      expectTypeOf(req.idleSignal).toEqualTypeOf<AbortSignal>()
      expectTypeOf(app.locals.idleSignal).toEqualTypeOf<AbortSignal>()
      res.json([req.idleSignal === middleware.signal, app.locals.idleSignal === middleware.signal])
    })
    await request(app).get('/').expect(200, [true, true])
  })

  test('a request of a mounted app has the signal, too', async () => {
    const app = makeApp()
    const inner = makeApp()
    app.use(idle({ patience: Infinity }))
    inner.get('/', (req, res) => void res.json(req.idleSignal.aborted))
    app.use('/inner', inner)
    await request(app).get('/inner').expect(200, 'false')
  })

  test('a mounted app with idle() has the servers of the outermost app watched', async () => {
    const [outermost, outer, inner] = [makeApp(), makeApp(), makeApp()]
    const middleware = idle({ patience })
    inner.use(middleware)
    outer.use('/inner', inner)
    outermost.use('/outer', outer)
    const server = outermost.listen(0, '127.0.0.1')
    await once(server, 'close')
    expect(middleware.signal.aborted).toBe(true)
  })

  test('a server whose listener only calls the app closes without a request', async () => {
    const app = makeApp()
    const middleware = idle({ patience })
    app.use(middleware)
    const server = await listening(createServer((req, res) => void app(req, res)))
    await once(server, 'close')
    expect((await middleware.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT', patience })
  })

  test.each(['no client ever calls it', 'only requests for the other package arrive'])(
    'a server whose listeners another package has replaced closes when %s',
    async (what) => {
      const app = makeApp()
      const middleware = idle({ patience, startupPatience: what.startsWith('no') ? patience : startupPatience })
      app.use(middleware)
      const server = createServer(app)
      takeOver(server)
      await listening(server)
      const closed = once(server, 'close')
      if (!what.startsWith('no')) await request(server).get('/engine').expect(200, 'engine')
      await closed
      expect((await middleware.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT', patience })
    },
  )

  test('close() closes a server whose listeners another package has replaced', async () => {
    const app = makeApp()
    const middleware = idle({ patience: Infinity })
    app.use(middleware)
    const server = createServer(app)
    takeOver(server)
    await listening(server)
    await middleware.close()
    expect(server.listening).toBe(false)
  })

  test('app.use(idle()) after app.listen() closes the server without a request', async () => {
    const app = makeApp()
    const server = await listening(createServer(app))
    app.use(idle({ patience }))
    await once(server, 'close')
  })

  test('an app that is only injected into never ends the other servers of its process', async () => {
    const app = makeApp()
    const middleware = idle({ patience: '1ms' })
    app.use(middleware)
    const upstream = await listening(createServer((_req, res) => res.end(JSON.stringify({ app: 'upstream' }))))
    for (let time = 0; time < 3; time++) await request(upstream).get('/').expect(200)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(middleware.tracker.explain().state).toBe('starting')
    expect(upstream.listening).toBe(true)
    upstream.close()
  })

  test('a server whose listener does not lead to the app is watched from its first request on', async () => {
    const app = makeApp()
    const middleware = idle({ patience })
    app.use(middleware)
    app.get('/', (_req, res) => void res.json(middleware.tracker.explain().reasons))
    class Hidden {
      readonly app = app
      readonly listener = (...args: Parameters<RequestListener>): void => this.app(...args)
    }
    const server = await listening(createServer(new Hidden().listener))
    await turns(1)
    expect(middleware.tracker.explain().state).toBe('starting')
    await request(server)
      .get('/')
      .expect(200, [{ kind: 'request', label: 'GET /', ignored: false }])
    await once(server, 'close')
  })

  test('in a Router it works from the first request on', async () => {
    const app = makeApp()
    const router = makeRouter()
    const middleware = idle({ patience })
    router.use(middleware)
    router.get('/', (req, res) => void res.json(req.idleSignal === middleware.signal))
    app.use('/routed', router)
    const server = await listening(createServer(app))
    await request(server).get('/routed').expect(200, 'true')
    await once(server, 'close')
  })

  test('in a Router, a server that no client calls is named in a process warning', async () => {
    const app = makeApp()
    const router = makeRouter()
    router.use(idle({ patience }))
    app.use('/routed', router)
    const server = createServer(app)
    const warnings: Error[] = []
    const collect = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', collect)
    await listening(server)
    const { port } = server.address() as AddressInfo
    await expect
      .poll(() => warnings.map(String))
      .toContainEqual(expect.stringContaining(`127.0.0.1:${port} listens unwatched`))
    process.off('warning', collect)
    server.close()
  })

  test('idle.ignored throws at once if it is called instead of passed', () => {
    const app = makeApp()
    expect(() => app.get('/healthz', Reflect.apply(idle.ignored, undefined, []))).toThrow(
      expect.objectContaining({
        code: 'ERR_IDLE_INVALID_OPTION',
        message: expect.stringContaining('Write idle.ignored, not idle.ignored()'),
      }),
    )
  })

  test.each([
    ['idle.ignored', idle.ignored],
    ['the ignored of the middleware', undefined],
  ])('a route opts out with %s', async (_label, ignored) => {
    const app = makeApp()
    const middleware = idle({ patience: 60_000 })
    app.use(middleware)
    app.get('/healthz', ignored ?? middleware.ignored, (_req, res) => void res.json(middleware.tracker.explain()))
    const server = await listening(createServer(app))
    const before = middleware.tracker.deadline
    const { body } = await request(server).get('/healthz')
    expect(body).toMatchObject({ active: 0, ignored: 1, reasons: [{ label: 'GET /healthz', ignored: true }] })
    expect(Math.abs(Number(middleware.tracker.deadline) - Number(before))).toBeLessThan(5)
    server.close()
  })

  test('an app that is served again has a new signal, which has not aborted', async () => {
    const app = makeApp()
    const middleware = idle({ patience: 60_000 })
    app.use(middleware)
    const seen: AbortSignal[] = []
    app.get('/', (req, res) => {
      seen.push(req.idleSignal)
      res.json({ aborted: req.idleSignal.aborted, state: middleware.tracker.explain().state })
    })
    // supertest makes a server for each request, and closes it.
    for (let time = 0; time < 3; time++) {
      await request(app).get('/').expect(200, { aborted: false, state: 'active' })
      await middleware.closed
    }
    expect(new Set(seen).size).toBe(3)
    expect(seen.map(({ reason }) => reason.name)).toEqual(['AbortError', 'AbortError', 'AbortError'])
  })

  test('a route that has ignoreRequest as a handler fails at its first request, and does not hang', async () => {
    const app = makeApp()
    const middleware = idle({ patience: Infinity })
    // @ts-expect-error ignoreRequest is not a handler
    app.get('/healthz', middleware.ignoreRequest, (_req, res) => void res.send('ok'))
    const { status, text } = await request(app).get('/healthz')
    expect(status).toBe(500)
    expect(text).toContain('Pass the middleware idle.ignored to a route')
  })

  test('app.use(idle), without the call, fails at the first request, and the error shows the right form', async () => {
    const app = makeApp()
    app.use(Object(idle))
    const { status, text } = await request(app).get('/')
    expect(status).toBe(500)
    expect(text).toContain('Write app.use(idle()), not app.use(idle)')
  })

  test('a second registration on the same app throws, and the first works on', async () => {
    const app = makeApp()
    app.use(idle({ patience }))
    expect(() => app.use(idle({ patience: Infinity }))).toThrow(
      expect.objectContaining({ code: 'ERR_IDLE_ALREADY_REGISTERED' }),
    )
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'close')
  })

  test('close() answers a request in progress', async () => {
    const app = makeApp()
    const middleware = idle({ patience: Infinity })
    app.use(middleware)
    const arrived = new Promise<express5.Response>((resolve) => app.get('/', (_req, res) => resolve(res)))
    const server = await listening(createServer(app))
    const answer = request(server).get('/').expect(200, 'late').expect('connection', 'close').then(String)
    const response = await arrived
    const closed = middleware.close('enough')
    response.send('late')
    await answer
    expect(await closed).toMatchObject({ reason: 'enough', drained: 1, destroyed: 0 })
  })

  test('listeners of the signal run in the asynchronous context in which the app was made', async () => {
    const storage = new AsyncLocalStorage<string>()
    const app = makeApp()
    const middleware = storage.run('boot', () => idle({ patience, startupPatience }))
    app.use(middleware)
    app.use((_req, res) => void storage.run('request', () => res.end()))
    const store = new Promise((resolve) =>
      middleware.signal.addEventListener('abort', () => resolve(storage.getStore())),
    )
    const server = await listening(createServer(app))
    await new Promise((resolve) =>
      get({ port: (server.address() as AddressInfo).port }, (res) => resolve(res.resume())),
    )
    expect(await store).toBe('boot')
  })
})

test('idle() throws at once for wrong options', () => {
  // @ts-expect-error a text that is not a duration does not compile
  expect(() => idle({ patience: 'soon' })).toThrow(expect.objectContaining({ code: 'ERR_IDLE_INVALID_DURATION' }))
  // @ts-expect-error an unknown option does not compile
  expect(() => idle({ patince: 5 })).toThrow(expect.objectContaining({ code: 'ERR_IDLE_UNKNOWN_OPTION' }))
  // @ts-expect-error nor does an unknown mode
  expect(() => idle({ activity: 'sometimes' })).toThrow(expect.objectContaining({ code: 'ERR_IDLE_INVALID_OPTION' }))
})

test('default, named and require() are the same function', () => {
  expect(defaultExport).toBe(idle)
  const required: unknown = createRequire(import.meta.url)('@idle-shutdown/express')
  expect(required).toBeTypeOf('function')
  expect(required).toHaveProperty('idle', required)
  expect(required).toHaveProperty('ignored', expect.any(Function))
})

/** Replaces the listeners as engine.io does: removes them, and calls them for requests that it does not handle. */
function takeOver(server: Server): void {
  const others = server.listeners('request').slice(0)
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/engine')) response.end('engine')
    else for (const other of others) other.call(server, request, response)
  })
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
