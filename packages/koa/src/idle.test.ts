import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { PassThrough, Readable } from 'node:stream'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import request from 'supertest'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import defaultExport, { idle } from './index.ts'

const patience = 60

describe.each([
  ['Koa 2', () => new Koa2()],
  ['Koa 3', () => new Koa3()],
])('%s', (_name, makeApp) => {
  test('a server without a request closes after the patience', async () => {
    const app = makeApp()
    const middleware = idle({ app, patience })
    app.use(middleware)
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'close')
    expect((await middleware.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT', patience })
  })

  test('a server that finds its port in use, closes and listens elsewhere ends when idle', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = Object(taken.address())
    const app = makeApp()
    const middleware = idle({ app, patience })
    app.use(middleware)
    const server = app.listen(port, '127.0.0.1')
    expect(await once(server, 'error')).toMatchObject([{ code: 'EADDRINUSE' }])
    server.close()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    expect(middleware.signal.aborted).toBe(false)
    expect((await middleware.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT', patience })
    taken.close()
  })

  test('idle.stream() lets a body of an async iterable not count, and its source is closed', async () => {
    const app = makeApp()
    // Koa 3 reports that the source had not ended.
    app.silent = true
    const idleness = idle({ app, patience, startupPatience: '1h' })
    const more = new PassThrough()
    let closed = false
    async function* lines(): AsyncGenerator<string> {
      try {
        yield 'one'
        await once(more, 'end')
      } finally {
        closed = true
      }
    }
    app.use(idleness)
    app.use((ctx, next) => idle.stream('ignore')(ctx, next))
    app.use((ctx) => {
      ctx.body = Readable.from(lines())
    })
    const server = await listening(createServer(app.callback()))
    expect((await request(server).get('/').buffer()).body.toString()).toBe('one')
    expect(await idleness.closed).toMatchObject({ reason: { code: 'ERR_IDLE_TIMEOUT' }, drained: 0, destroyed: 0 })
    more.end().resume()
    await vi.waitFor(() => expect(closed).toBe(true))
    const wrong: unknown = 'never'
    expect(() => idleness.stream(wrong as 'ignore')).toThrow(
      expect.objectContaining({
        code: 'ERR_IDLE_INVALID_OPTION',
        message: expect.stringContaining("Received 'never'"),
      }),
    )
  })

  test('each handler that app.callback() makes is found', async () => {
    const app = makeApp()
    app.use(idle({ app, patience }))
    const servers = await Promise.all([1, 2].map(() => listening(createServer(app.callback()))))
    await Promise.all(servers.map((server) => once(server, 'close')))
  })

  test.each<[string, (app: ReturnType<typeof makeApp>) => Server]>([
    [
      'another package has replaced',
      (app) => {
        const server = createServer(app.callback())
        takeOver(server)
        return server
      },
    ],
    [
      'call the handler',
      (app) => {
        const handler = app.callback()
        return createServer((req, res) => handler(req, res))
      },
    ],
    ['make a handler for each request', (app) => createServer((req, res) => app.callback()(req, res))],
  ])('a server whose listeners %s closes without a request', async (_, makeServer) => {
    const app = makeApp()
    const middleware = idle({ app, patience })
    app.use(middleware)
    const server = await listening(makeServer(app))
    await once(server, 'close')
    expect((await middleware.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT', patience })
  })

  test('close() closes a server whose listeners another package has replaced', async () => {
    const app = makeApp()
    const middleware = idle({ app, patience: Infinity })
    app.use(middleware)
    const server = createServer(app.callback())
    takeOver(server)
    await listening(server)
    await middleware.close()
    expect(server.listening).toBe(false)
  })

  test('an app that is only injected into never ends the other servers of its process', async () => {
    const app = makeApp()
    const middleware = idle({ app, patience: '1ms' })
    app.use(middleware)
    app.callback()
    const upstream = await listening(createServer((_req, res) => res.end(JSON.stringify({ app: 'upstream' }))))
    for (let time = 0; time < 3; time++) await request(upstream).get('/').expect(200)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(middleware.tracker.explain().state).toBe('starting')
    expect(upstream.listening).toBe(true)
    upstream.close()
  })

  test('ctx.state has the signal', async () => {
    const app = makeApp()
    const middleware = idle({ app, patience: Infinity })
    app.use(middleware)
    app.use((ctx) => {
      expectTypeOf<Koa3.DefaultState['idleSignal']>().toEqualTypeOf<AbortSignal>()
      ctx.body = { same: ctx.state.idleSignal === middleware.signal }
    })
    await request(app.callback()).get('/').expect(200, { same: true })
  })

  test('a route opts out with idle.ignored', async () => {
    const app = makeApp()
    const middleware = idle({ app, patience: 60_000 })
    app.use(middleware)
    app.use(idle.ignored)
    app.use((ctx) => {
      ctx.body = middleware.tracker.explain()
    })
    const { body } = await request(app.callback()).get('/healthz')
    expect(body).toMatchObject({ active: 0, ignored: 1, reasons: [{ label: 'GET /healthz', ignored: true }] })
  })

  test('an app that is served again has a new signal, which has not aborted', async () => {
    const app = makeApp()
    const middleware = idle({ app, patience: 60_000 })
    app.use(middleware)
    const seen = new Set<AbortSignal>()
    app.use((ctx) => {
      seen.add(ctx.state.idleSignal)
      ctx.body = { aborted: ctx.state.idleSignal.aborted }
    })
    for (let time = 0; time < 3; time++) {
      await request(app.callback()).get('/').expect(200, { aborted: false })
      await middleware.closed
    }
    expect(seen.size).toBe(3)
  })

  test('idle() without app finds a server at its first request, and emits one warning', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const app = makeApp()
    const middleware = idle({ patience })
    app.use(middleware)
    app.use((ctx) => {
      ctx.body = middleware.tracker.explain().reasons
    })
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('a server without a request does not end'),
      expect.objectContaining({ code: 'IDLE_NO_APP' }),
    )
    warned.mockRestore()
    const server = await listening(createServer(app.callback()))
    expect(middleware.tracker.explain().state).toBe('starting')
    await request(server)
      .get('/')
      .expect(200, [{ kind: 'request', label: 'GET /', ignored: false }])
    await once(server, 'close')
  })

  test('an app that uses ignoreRequest as a middleware fails at its first request, and does not hang', async () => {
    const app = makeApp()
    const middleware = idle({ app, patience: Infinity })
    const said = new Promise((resolve) => app.on('error', resolve))
    // @ts-expect-error ignoreRequest is not a middleware
    app.use(middleware.ignoreRequest)
    expect((await request(app.callback()).get('/')).status).toBe(500)
    expect(await said).toMatchObject({
      code: 'ERR_IDLE_INVALID_OPTION',
      message: expect.stringContaining('Pass the middleware idle.ignored to a route'),
    })
  })

  test('app.use(idle), without the call, fails at the first request, and the error shows the right form', async () => {
    const app = makeApp()
    const said = new Promise((resolve) => app.on('error', resolve))
    app.use(Object(idle))
    expect((await request(app.callback()).get('/')).status).toBe(500)
    expect(await said).toMatchObject({
      code: 'ERR_IDLE_INVALID_OPTION',
      message: expect.stringContaining('not app.use(idle)'),
    })
  })

  test('a second registration on the same app throws', () => {
    const app = makeApp()
    idle({ app, patience: Infinity })
    expect(() => idle({ app })).toThrow(expect.objectContaining({ code: 'ERR_IDLE_ALREADY_REGISTERED' }))
  })

  test('a call that throws does not change the app', () => {
    const app = makeApp()
    const { callback } = app
    // @ts-expect-error a text that is not a duration does not compile
    expect(() => idle({ app, patience: 'soon' })).toThrow(
      expect.objectContaining({ code: 'ERR_IDLE_INVALID_DURATION' }),
    )
    expect(app.callback).toBe(callback)
    app.use(idle({ app, patience }))
  })
})

test('idle() throws at once for wrong options', () => {
  const app = new Koa3()
  // @ts-expect-error an unknown option does not compile
  expect(() => idle({ app, patince: 5 })).toThrow(expect.objectContaining({ code: 'ERR_IDLE_UNKNOWN_OPTION' }))
  // @ts-expect-error nor does an app that is not one
  expect(() => idle({ app: 'app' })).toThrow(expect.objectContaining({ code: 'ERR_IDLE_INVALID_OPTION' }))
  // @ts-expect-error nor the app in the place of the options
  expect(() => idle(app)).toThrow(
    expect.objectContaining({
      code: 'ERR_IDLE_INVALID_OPTION',
      message: expect.stringContaining('Write idle({ app })'),
    }),
  )
  // @ts-expect-error nor options that are not an object
  expect(() => idle('15m')).toThrow(expect.objectContaining({ code: 'ERR_IDLE_INVALID_OPTION' }))
})

test('idle.ignored throws at once if it is called instead of passed', () => {
  expect(() => new Koa3().use(Reflect.apply(idle.ignored, undefined, []))).toThrow(
    expect.objectContaining({
      code: 'ERR_IDLE_INVALID_OPTION',
      message: expect.stringContaining('Write idle.ignored, not idle.ignored()'),
    }),
  )
})

test('default, named and require() are the same function', () => {
  expect(defaultExport).toBe(idle)
  const required: unknown = createRequire(import.meta.url)('@idle-shutdown/koa')
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
