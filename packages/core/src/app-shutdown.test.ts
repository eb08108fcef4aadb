import { once } from 'node:events'
import { Agent, createServer, get, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { ManualClock, turns, Warnings } from '@idle-shutdown/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { refusal } from '../test/refusal.ts'
import { AppShutdown, withMembers } from './app-shutdown.ts'
import { IdleShutdown } from './idle-shutdown.ts'
import type { IdleShutdownOptions } from './options.ts'

const PATIENCE = 60_000

let clock: ManualClock
let app: AppShutdown
let stopServing: () => void
const cleanUps: (() => unknown)[] = []

/** The app: responds at once, except under /slow, where it waits for the test. */
let letAnswer: () => void
let slow: Promise<void>
const handler: RequestListener = async (request, response) => {
  app.adopt(request, response)
  if (request.url === '/slow') await slow
  response.end('ok')
}

function serve(options: IdleShutdownOptions = {}): void {
  clock = new ManualClock()
  app = new AppShutdown({ patience: PATIENCE, clock, ...options })
  stopServing = app.watchHandler(handler)
}

beforeEach(() => {
  serve()
  slow = new Promise((resolve) => {
    letAnswer = resolve
  })
})

afterEach(async () => {
  stopServing()
  letAnswer()
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

async function listen(listener: RequestListener = handler): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  cleanUps.push(
    () => server.close(),
    () => server.closeAllConnections(),
  )
  await once(server, 'listening')
  return server
}

/** Sends a request over a connection of its own, and returns the response. */
async function ask(server: Server, path = '/'): Promise<string> {
  const { port } = server.address() as AddressInfo
  const agent = new Agent({ keepAlive: false })
  const [response] = await once(get({ port, path, agent }), 'response')
  let body = ''
  for await (const chunk of response) body += chunk
  return body
}

async function until(test: () => boolean): Promise<void> {
  while (!test()) await turns(1)
}

test('a server of the app is found, and closes when idle', async () => {
  expect(app.tracker.explain().state).toBe('starting')
  const server = await listen()
  expect(app.tracker.explain().state).toBe('waiting')
  expect(await ask(server)).toBe('ok')
  await until(() => app.tracker.active === 0)
  await clock.advance(PATIENCE)
  expect(app.signal.aborted).toBe(true)
  expect(server.listening).toBe(false)
  expect(await app.closed).toMatchObject({ reason: { code: 'ERR_IDLE_TIMEOUT' }, destroyed: 0 })
})

test('a request counts once if its server is found, adopted and watched by hand', async () => {
  const server = await listen()
  app.watch(server)
  const answer = ask(server, '/slow')
  await until(() => app.tracker.active > 0)
  await turns()
  expect(app.tracker.active).toBe(1)
  letAnswer()
  await answer
  await until(() => app.tracker.active === 0)
})

/** The listener leads to the handler by the `this` of an arrow function, which the search does not see. */
class Hidden {
  readonly handler: RequestListener = handler
  readonly listener: RequestListener = (request, response) => this.handler(request, response)
}

test('adopts a server at its first request when its listener does not lead to the handler', async () => {
  const server = await listen(new Hidden().listener)
  await turns()
  expect(app.tracker.explain().state).toBe('starting')
  const answer = ask(server, '/slow')
  await until(() => app.tracker.active > 0)
  await turns()
  expect(app.tracker.active).toBe(1)
  letAnswer()
  await answer
  await until(() => app.tracker.active === 0)
  await clock.advance(PATIENCE)
  expect(app.signal.aborted).toBe(true)
  await app.closed
})

/** Replaces the listeners as engine.io does: removes them, and calls them for requests that it does not handle. */
function takeOver(server: Server): void {
  const others = server.listeners('request').slice(0)
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/own')) response.end('own')
    else for (const other of others) other.call(server, request, response)
  })
}

describe('a server without a request is found and ends if', () => {
  const ends = async (server: Server): Promise<void> => {
    await until(() => app.tracker.explain().state === 'waiting')
    await clock.advance(PATIENCE)
    expect(server.listening).toBe(false)
    expect(await app.closed).toMatchObject({ reason: { code: 'ERR_IDLE_TIMEOUT' } })
  }

  test('when its listener calls the handler', async () => {
    await ends(await listen((request, response) => handler(request, response)))
  })

  test('another package has replaced the handler', async () => {
    const server = createServer(handler)
    takeOver(server)
    server.listen(0, '127.0.0.1')
    cleanUps.push(() => server.close())
    await ends(server)
  })

  test('another package replaces the handler when the server listens', async () => {
    const server = await listen()
    takeOver(server)
    await ends(server)
  })

  test('its handler is added after listen()', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    server.on('request', handler)
    cleanUps.push(() => server.close())
    await ends(server)
  })

  test('it listens before the app is served', async () => {
    const late: RequestListener = (_, response) => response.end()
    const server = await listen(late)
    await turns()
    app.watchHandler(late)
    await ends(server)
  })

  test('when only requests that another package answers arrive', async () => {
    const server = createServer(handler)
    takeOver(server)
    server.listen(0, '127.0.0.1')
    cleanUps.push(() => server.close())
    await once(server, 'listening')
    expect(await ask(server, '/own')).toBe('own')
    await ends(server)
  })

  test('it is one of two servers, of which one is wrapped', async () => {
    const [plain, wrapped] = [await listen(), createServer(handler)]
    takeOver(wrapped)
    wrapped.listen(0, '127.0.0.1')
    await once(wrapped, 'listening')
    await turns()
    await clock.advance(PATIENCE)
    expect([plain.listening, wrapped.listening]).toEqual([false, false])
  })

  test('when another IdleShutdown, such as that of the preload, watches it first', async () => {
    const server = createServer((request, response) => handler(request, response))
    server.once('listening', () => new IdleShutdown(server, { clock, patience: 10 * PATIENCE }))
    server.listen(0, '127.0.0.1')
    cleanUps.push(() => server.close())
    await ends(server)
  })

  test('another app has a server of its own, which ends with that app', async () => {
    const otherHandler: RequestListener = (_, response) => response.end('other')
    const other = new AppShutdown({ patience: 10 * PATIENCE, clock })
    const undo = other.watchHandler(otherHandler)
    const otherServer = await listen((...args) => otherHandler(...args))
    await ends(await listen((request, response) => handler(request, response)))
    expect(otherServer.listening).toBe(true)
    await clock.advance(9 * PATIENCE)
    expect(otherServer.listening).toBe(false)
    undo()
  })
})

describe('a server that is not found', () => {
  const SECOND = 1000
  const mock: RequestListener = (_, response) => response.end(JSON.stringify({ handler: 'mock', app: "not the app's" }))
  /** Warnings of earlier tests in this file may arrive later. */
  const named = ({ list }: Warnings): string[] =>
    list.filter(({ code }) => code === 'IDLE_SERVER_UNKNOWN').map(({ message }) => message)
  const passes = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms))

  test('never ends, and close() names it', async () => {
    using warnings = new Warnings()
    const server = await listen(mock)
    await turns()
    await clock.advance(3 * PATIENCE)
    expect(app.tracker.explain().state).toBe('starting')
    await app.close()
    await turns()
    expect(server.listening).toBe(true)
    expect(named(warnings)).toEqual([
      expect.stringMatching(/^close\(\) closes no server.* 127\.0\.0\.1:\d+ goes on listening.*watch\(server\)/),
    ])
  })

  test('is named once, after a second, while the app has no server', async () => {
    using warnings = new Warnings()
    const { port } = (await listen(new Hidden().listener)).address() as AddressInfo
    await passes(SECOND / 2)
    expect(named(warnings)).toEqual([])
    await expect.poll(() => named(warnings)).toHaveLength(1)
    expect(named(warnings)[0]).toContain(`127.0.0.1:${port} listens unwatched`)
    const another = new AppShutdown({ clock })
    another.seek()
    await passes(1.5 * SECOND)
    expect(named(warnings)).toHaveLength(1)
  })

  test.each<[string, () => unknown]>([
    ['the app has a server of its own', () => listen()],
    ['it is watched by hand', async () => app.watch(await listen(new Hidden().listener))],
    ['an IdleShutdown watches it', async () => new IdleShutdown(await listen(mock), { clock })],
  ])('is not named when %s', async (_, arrange) => {
    using warnings = new Warnings()
    await arrange()
    await passes(1.5 * SECOND)
    await app.close()
    await turns()
    expect(named(warnings)).toEqual([])
  })

  test('is searched again before it is named, since its handler may be added late', async () => {
    using warnings = new Warnings()
    let late: RequestListener = mock
    const server = await listen((request, response) => late(request, response))
    await turns()
    expect(app.tracker.explain().state).toBe('starting')
    late = handler
    await app.close()
    expect(server.listening).toBe(false)
    expect(named(warnings)).toEqual([])
  })
})

describe('an app that is served again after an end has a new signal', () => {
  const ends: [string, (server: Server) => unknown][] = [
    ['an idle end', () => clock.advance(PATIENCE)],
    ['close()', () => app.close('enough')],
    ["the user's server.close()", (server) => server.close()],
  ]

  test.each(ends)('after %s', async (_, end) => {
    using warnings = new Warnings()
    const { tracker, signal, closed } = app
    const first = await listen()
    await Promise.all([end(first), once(first, 'close')])
    await closed
    expect(signal.aborted).toBe(true)

    const second = await listen()
    expect(app.signal).not.toBe(signal)
    expect(app.tracker).not.toBe(tracker)
    expect(app.closed).not.toBe(closed)
    expect(app.signal.aborted).toBe(false)
    expect(await ask(second)).toBe('ok')
    await until(() => app.tracker.active === 0)
    await clock.advance(PATIENCE - 1)
    expect(app.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(app.signal.aborted).toBe(true)
    expect(await app.closed).toMatchObject({ reason: { code: 'ERR_IDLE_TIMEOUT' } })
    await turns()
    // The app serves again, so that the process is not reported as still running.
    expect(warnings.codes).toEqual([])
  })

  test('if the same server listens again', async () => {
    const server = await listen()
    await app.close()
    const { signal } = app
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    expect(app.signal).not.toBe(signal)
    const answer = ask(server, '/slow')
    await until(() => app.tracker.active > 0)
    expect(app.tracker.active).toBe(1)
    letAnswer()
    await answer
  })

  test('if a server is watched by hand', async () => {
    await listen()
    await app.close()
    stopServing()
    const server = await listen()
    expect(app.signal.aborted).toBe(true)
    app.watch(server)
    expect(app.signal.aborted).toBe(false)
  })

  test('20 times, and leaves no listener on a server that ended', async () => {
    for (let round = 0; round < 20; round++) {
      const server = await listen()
      expect(await ask(server)).toBe('ok')
      await app.close()
      expect(server.listenerCount('connection')).toBe(createServer().listenerCount('connection'))
      expect(server.listenerCount('listening')).toBe(createServer().listenerCount('listening'))
      expect(Object.hasOwn(server, 'closeIdleConnections')).toBe(false)
    }
    expect(clock.timers).toBe(0)
  })
})

test('watchHandler() finds no server after its undo', async () => {
  stopServing()
  await listen((_, response) => response.end())
  await listen()
  expect(app.tracker.explain().state).toBe('starting')
})

test('several servers of one app end together, after the busy one', async () => {
  const [one, two] = [await listen(), await listen()]
  const answer = ask(two, '/slow')
  await until(() => app.tracker.active === 1)
  await clock.advance(5 * PATIENCE)
  expect([one.listening, two.listening]).toEqual([true, true])
  letAnswer()
  await answer
  await until(() => app.tracker.active === 0)
  await clock.advance(PATIENCE)
  expect([one.listening, two.listening]).toEqual([false, false])
  await app.closed
})

test.each(['before the server listens', 'after an end'])(
  'a new server closes if the parent signal aborted %s',
  async (when) => {
    const parent = new AbortController()
    stopServing()
    serve({ signal: parent.signal })
    if (when === 'after an end') {
      await listen()
      await app.close()
    }
    parent.abort('SIGTERM')
    const server = await listen()
    await turns()
    expect(server.listening).toBe(false)
    expect(app.signal.aborted).toBe(true)
  },
)

describe('options', () => {
  const make = (options: unknown): string => refusal(() => Reflect.construct(AppShutdown, [options]))

  test.each([
    [null, 'null'],
    ['15m', "'15m'"],
    [5000, '5000'],
    [true, 'true'],
    [() => {}, '[Function'],
  ])('the constructor throws for %o', (options, shown) => {
    expect(make(options)).toContain(`ERR_IDLE_INVALID_OPTION: "options" must be an object. Received ${shown}`)
  })

  test('wrong ones throw at once, and not when a server listens', () => {
    expect(make({ patience: 'soon' })).toMatch(/^ERR_IDLE_INVALID_DURATION: "patience" must be .* Received 'soon'/)
    expect(make(undefined)).toBe('accepted')
  })

  test('a change after the call has no effect', async () => {
    const options = { patience: PATIENCE, clock }
    const own = new AppShutdown(options)
    options.patience = -1
    await own.close()
    const server = await listen(() => {})
    own.watch(server)
    expect(own.tracker.patience).toBe(PATIENCE)
    await own[Symbol.asyncDispose]()
  })
})

test('the members of a middleware are those of the current IdleShutdown', async () => {
  const middleware = withMembers(() => 'answer', app)
  expect(middleware()).toBe('answer')
  const { signal, tracker } = middleware
  expect([signal, tracker]).toEqual([app.signal, app.tracker])
  const { close, watch } = middleware
  const server = await listen()
  expect(close('enough')).toBe(middleware.closed)
  expect(await middleware.closed).toMatchObject({ reason: 'enough' })
  watch(await listen())
  expect(server.listening).toBe(false)
  expect(middleware.signal).not.toBe(signal)
  expect(middleware.tracker).toBe(app.tracker)
  await middleware[Symbol.asyncDispose]()
  expect(middleware.signal.aborted).toBe(true)
})

const NOT_A_REQUEST =
  /^ERR_IDLE_INVALID_OPTION: "request" must be an IncomingMessage or an Http2ServerRequest\. Received .+\. Pass request\.raw with Fastify, and ctx\.req with Koa$/

test('ignoreRequest throws if it is called as a handler, of an app or of a server', () => {
  const { ignoreRequest } = withMembers(() => {}, app)
  const idle = new IdleShutdown([], { clock })
  for (const handler of [ignoreRequest, idle.ignoreRequest]) {
    const received = refusal(() => Reflect.apply(handler, undefined, [{}, {}, () => {}]))
    expect(received).toBe(
      'ERR_IDLE_INVALID_OPTION: "ignoreRequest" must be called with a request only. Received 3 arguments, as a handler does. Pass the middleware idle.ignored to a route, or call ignoreRequest(request) in a handler',
    )
  }
})

test.each([undefined, null, 'text', {}, { raw: {}, socket: {} }])(
  'ignoreRequest and countStream throw for %o, which is not a request of Node',
  (value) => {
    const { ignoreRequest, countStream } = withMembers(() => {}, app)
    const idle = new IdleShutdown([], { clock })
    for (const call of [ignoreRequest, idle.ignoreRequest.bind(idle)]) {
      expect(refusal(() => Reflect.apply(call, undefined, [value]))).toMatch(NOT_A_REQUEST)
    }
    for (const call of [countStream, idle.countStream.bind(idle)]) {
      expect(refusal(() => Reflect.apply(call, undefined, [value, 'ignore']))).toMatch(NOT_A_REQUEST)
    }
  },
)

test('an injected request, which has no server, is not adopted', () => {
  const injected = { socket: undefined, headers: {} }
  expect(() => Reflect.apply(app.adopt, app, [injected, {}])).not.toThrow()
  expect(app.tracker.explain().state).toBe('starting')
})

test('a client that sends nothing counts as a connection, and not as a request', async () => {
  const server = await listen()
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  cleanUps.unshift(() => socket.destroy())
  await until(() => app.tracker.active === 1)
  expect(app.tracker.explain().reasons).toMatchObject([{ kind: 'connection', label: 'from 127.0.0.1' }])
})
