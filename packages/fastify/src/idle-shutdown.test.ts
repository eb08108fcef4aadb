import dns from 'node:dns'
import { once } from 'node:events'
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import { createRequire } from 'node:module'
import { PassThrough } from 'node:stream'
import fastify5, { type FastifyInstance } from 'fastify'
import fastify4 from 'fastify4'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import defaultExport, { idleShutdown } from './index.ts'

const patience = 60
/** A server with this option does not end before its first client arrives, even on a busy machine. */
const startupPatience = '1h'

// The types of Fastify 4 differ from those of Fastify 5, but not in what this test uses.
const makeFastify4: typeof fastify5 = Object(fastify4)

describe.each([
  ['Fastify 4', makeFastify4],
  ['Fastify 5', fastify5],
])('%s', (_name, fastify) => {
  test('an app without a request closes, and its hooks run once, in order', async () => {
    const app = fastify()
    const order: string[] = []
    app.addHook('preClose', async () => void order.push('preClose before'))
    await app.register(idleShutdown, { patience })
    app.addHook('preClose', async () => void order.push('preClose after'))
    const closed = new Promise((resolve) =>
      app.addHook('onClose', async () => {
        order.push('onClose')
        resolve(undefined)
      }),
    )
    app.idleSignal.addEventListener('abort', () => order.push('signal'))
    await app.listen({ port: 0 })
    await closed
    expect(order).toEqual(['signal', 'preClose before', 'preClose after', 'onClose'])
    expect((await app.idle.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT', patience })
  })

  test('an app that finds its port in use and listens elsewhere ends when idle', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = Object(taken.address())
    const app = fastify()
    await app.register(idleShutdown, { patience })
    await expect(app.listen({ port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(app.idleSignal.aborted).toBe(false)
    await app.listen({ port: 0, host: '127.0.0.1' })
    expect((await app.idle.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT', patience })
    taken.close()
  })

  test('the app has the signal, with its type', async () => {
    const app = fastify()
    await app.register(idleShutdown, { patience: Infinity })
    expectTypeOf(app.idleSignal).toEqualTypeOf<AbortSignal>()
    app.get('/', async function () {
      return { same: this.idleSignal === app.idle.signal, aborted: app.idleSignal.aborted }
    })
    const { body } = await app.inject('/')
    expect(body).toBe('{"same":true,"aborted":false}')
    await app.close()
  })

  test.each(['hijacked', 'a Readable'])(
    'a stream that is %s does not count if the config of its route says so',
    async (kind) => {
      const app = fastify()
      await app.register(idleShutdown, { patience, startupPatience })
      app.get('/events', { config: { idle: { streams: 'ignore' } } }, (_request, reply) => {
        const source = new PassThrough()
        source.write('event')
        if (kind === 'hijacked') {
          reply.hijack()
          source.pipe(reply.raw)
        } else {
          void reply.send(source)
        }
      })
      await app.listen({ port: 0, host: '127.0.0.1' })
      const [response] = await once(httpRequest(`${app.listeningOrigin}/events`, { agent: false }).end(), 'response')
      let text = ''
      for await (const chunk of response) text += String(chunk)
      expect(text).toBe('event')
      expect(await app.idle.closed).toMatchObject({ reason: { code: 'ERR_IDLE_TIMEOUT' }, drained: 0, destroyed: 0 })
    },
  )

  test('a route whose config has a wrong value or name throws when it is added', async () => {
    const app = fastify()
    await app.register(idleShutdown, { patience: Infinity })
    const wrong: unknown = 'never'
    const add = (idle: object) => () => app.get('/', { config: { idle } }, async () => 'ok')
    for (const one of ['ignore', 0, null]) {
      expect(() => Reflect.apply(app.get, app, ['/', { config: { idle: one } }, async () => 'ok'])).toThrow(
        expect.objectContaining({
          code: 'ERR_IDLE_INVALID_OPTION',
          message: expect.stringMatching(/^"config\.idle" must be false, or an object such as/),
        }),
      )
    }
    expect(add({ streams: wrong })).toThrow(expect.objectContaining({ code: 'ERR_IDLE_INVALID_OPTION' }))
    expect(add({ stream: 'ignore' })).toThrow(expect.objectContaining({ code: 'ERR_IDLE_UNKNOWN_OPTION' }))
    await app.close()
  })

  test('a route with config idle: false is ignored, even if it was declared before the plugin', async () => {
    const app = fastify()
    app.get('/before', { config: { idle: false } }, async () => app.idle.tracker.explain())
    await app.register(idleShutdown, { patience: 60_000 })
    app.get('/after', { config: { idle: false } }, async () => app.idle.tracker.explain())
    app.get('/counted', async () => app.idle.tracker.explain())
    await app.listen({ port: 0 })
    for (const path of ['/before', '/after']) {
      expect(await json(app, path)).toMatchObject({
        active: 0,
        ignored: 1,
        reasons: [{ label: `GET ${path}`, ignored: true }],
      })
    }
    expect(await json(app, '/counted')).toMatchObject({ active: 1, ignored: 0 })
    await app.close()
  })

  test('app.close() drains: it answers a request in progress on a kept connection, and closes the connection', async () => {
    const app = fastify()
    await app.register(idleShutdown, { patience: Infinity })
    let answer = (_text: string): void => {}
    const arrived = new Promise<void>((resolve) => {
      app.get('/', () => {
        resolve()
        return new Promise<string>((answered) => {
          answer = answered
        })
      })
    })
    await app.listen({ port: 0 })
    const agent = new Agent({ keepAlive: true })
    const response = ask(app, '/', agent)
    await arrived
    const announced = once(app.idleSignal, 'abort')
    const closed = app.close()
    await announced
    answer('late')
    const message = await response
    expect(message.headers.connection).toBe('close')
    expect(await text(message)).toBe('late')
    await closed
    expect(await app.idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    agent.destroy()
  })

  test.each<[string, (app: FastifyInstance) => void]>([
    ['those of Fastify', () => {}],
    [
      'replaced by another package',
      ({ server }) => {
        const others = server.listeners('request')
        server.removeAllListeners('request')
        server.on('request', (...args) => {
          for (const other of others) other.apply(server, args)
        })
      },
    ],
  ])('all servers that localhost binds are watched and close if the listeners are %s', async (_, arrange) => {
    // Mocks the look-up only: this machine may have one address for localhost, and both of these are real.
    const addresses = [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ]
    const lookup = vi.spyOn(dns, 'lookup').mockImplementation(
      Object((host: string, ...rest: [unknown, ...((...results: unknown[]) => void)[]]) => {
        const all = typeof rest[0] === 'object' && rest[0] !== null && 'all' in rest[0] && rest[0].all === true
        const found = host === 'localhost' ? addresses : [{ address: host, family: 4 }]
        const done = Object(rest.at(-1))
        if (all) done(null, found)
        else done(null, found[0]?.address, 4)
      }),
    )
    const app = fastify()
    arrange(app)
    await app.register(idleShutdown, { patience, startupPatience })
    app.get('/', async () => app.idle.tracker.explain())
    await app.listen({ port: 0, host: 'localhost' })
    lookup.mockRestore()
    const urls = app.addresses().map((bound) => `http://${Object(bound).address}:${Object(bound).port}/`)
    expect(urls.sort()).toEqual([expect.stringContaining('127.0.0.1'), expect.stringContaining('127.0.0.2')])
    const hold = app.idle.tracker.hold()
    for (const url of urls) expect(await (await fetch(url)).json()).toMatchObject({ active: 2 })
    hold.release()
    await app.idle.closed
    for (const url of urls) await expect(fetch(url)).rejects.toThrow()
  })

  test('a server that calls app.routing is watched, and closes', async () => {
    const app = fastify()
    await app.register(idleShutdown, { patience })
    await app.ready()
    const server = createServer((req, res) => app.routing(req, res))
    server.listen(0, '127.0.0.1')
    await once(server, 'close')
    expect((await app.idle.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT', patience })
  })

  test('register(idleShutdown({ … })) throws at once', () => {
    const app = fastify()
    for (const args of [[{ patience }], []]) {
      expect(() => app.register(Reflect.apply(idleShutdown, undefined, args))).toThrow(
        expect.objectContaining({
          code: 'ERR_IDLE_INVALID_OPTION',
          message: expect.stringContaining('Write register(idleShutdown, { … }), not register(idleShutdown({ … }))'),
        }),
      )
    }
  })

  test('a route that has ignoreRequest as a handler fails at its first request, and does not hang', async () => {
    const app = fastify()
    await app.register(idleShutdown, { patience: Infinity })
    // @ts-expect-error ignoreRequest is not a handler
    app.get('/healthz', app.idle.ignoreRequest)
    const { statusCode, body } = await app.inject('/healthz')
    expect(statusCode).toBe(500)
    expect(body).toContain('ERR_IDLE_INVALID_OPTION')
    await app.close()
  })

  test('a server of serverFactory is watched, and closes', async () => {
    const app = fastify({ serverFactory: wrapping })
    await app.register(idleShutdown, { patience, startupPatience })
    app.get('/', async () => app.idle.tracker.explain())
    await app.listen({ port: 0 })
    expect(await json(app, '/')).toMatchObject({ active: 1 })
    await once(app.server, 'close')
  })

  test('fastify.log has the end and the drain', async () => {
    const lines: string[] = []
    const app = fastify({ logger: { stream: { write: (line: string) => void lines.push(JSON.parse(line).msg) } } })
    await app.register(idleShutdown, { patience })
    await app.listen({ port: 0, host: '127.0.0.1' })
    await app.idle.closed
    expect(lines).toContainEqual(`No activity for ${patience} ms, closing`)
    expect(lines).toContainEqual(expect.stringMatching(/^Drained in \d+ ms$/))
  })

  test('an onClose hook that fails is logged, and does not fail the process', async () => {
    const errors: string[] = []
    const app = fastify({ logger: { level: 'error', stream: { write: (line: string) => void errors.push(line) } } })
    await app.register(idleShutdown, { patience })
    const failed = new Promise<void>((resolve) =>
      app.addHook('onClose', async () => {
        setImmediate(resolve)
        throw new Error('a hook that fails')
      }),
    )
    await app.listen({ port: 0 })
    await failed
    await vi.waitFor(() => expect(errors.join()).toContain('a hook that fails'))
  })

  test('a second registration throws', async () => {
    const app = fastify()
    await app.register(idleShutdown, { patience: Infinity })
    await expect(async () => await app.register(idleShutdown, { patience })).rejects.toMatchObject({
      code: 'ERR_IDLE_ALREADY_REGISTERED',
    })
  })

  test('an app that is only injected into has no timer, and never ends', async () => {
    const app = fastify()
    await app.register(idleShutdown, { patience: 1 })
    app.get('/', async () => app.idle.tracker.explain().state)
    expect((await app.inject('/')).body).toBe('starting')
    expect(app.idleSignal.aborted).toBe(false)
    await app.close()
  })

  test('options of register() itself are accepted, and unknown ones throw', async () => {
    const app = fastify()
    await app.register(idleShutdown, { patience: Infinity, prefix: '/idle' })
    await app.close()
    const other = fastify()
    // @ts-expect-error an unknown option does not compile
    await expect(async () => await other.register(idleShutdown, { patince: 5 })).rejects.toMatchObject({
      code: 'ERR_IDLE_UNKNOWN_OPTION',
    })
  })
})

test('default, named and require() are the same plugin', () => {
  expect(defaultExport).toBe(idleShutdown)
  const required: unknown = createRequire(import.meta.url)('@idle-shutdown/fastify')
  expect(required).toBeTypeOf('function')
  expect(required).toHaveProperty('idleShutdown', required)
})

function wrapping(handler: RequestListener): Server {
  return createServer((req, res) => handler(req, res))
}

function ask(app: FastifyInstance, path: string, agent?: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port: Object(app.server.address()).port, path, ...(agent && { agent }) }, resolve)
      .on('error', reject)
      .end()
  })
}

async function text(message: IncomingMessage): Promise<string> {
  let all = ''
  for await (const chunk of message) all += String(chunk)
  return all
}

async function json(app: FastifyInstance, path: string): Promise<unknown> {
  return JSON.parse(await text(await ask(app, path)))
}
