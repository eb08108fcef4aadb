import { EventEmitter } from 'node:events'
import { createServer as createHttp, IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import { createServer as createNet, Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  type Clock,
  type CloseReport,
  type Duration,
  type Explanation,
  type Hold,
  IdleShutdown,
  type IdleShutdownOptions,
  IdleTimeoutError,
  IdleTracker,
  type IdleTrackerOptions,
  type Ignore,
  idleShutdown,
} from '../src/index.ts'

// The script `types` compiles this file. If an illegal call compiles, TypeScript reports the directive above it as
// unused.

describe('does not compile', () => {
  test('tracker options', () => {
    // @ts-expect-error: the name is misspelt
    expect(() => new IdleTracker({ patince: 5 })).toThrow('patince')
    // @ts-expect-error: a duration is a number or a text
    expect(() => new IdleTracker({ patience: null })).toThrow('null')
    // @ts-expect-error: a duration is a number or a text
    expect(() => new IdleTracker({ jitter: {} })).toThrow('jitter')
    // @ts-expect-error: not the text of a duration
    expect(() => new IdleTracker({ patience: 'soon' })).toThrow("Received 'soon'")
    // @ts-expect-error: no such unit
    expect(() => new IdleTracker({ patience: '15 fortnights' })).toThrow('fortnights')
    // @ts-expect-error: never is the number Infinity
    expect(() => new IdleTracker({ patience: 'Infinity' })).toThrow('Infinity')
    const text: string = '1h'
    // @ts-expect-error: a text that is known at run time only needs a cast
    expect(() => new IdleTracker({ patience: text })).not.toThrow()
    // @ts-expect-error: a controller is not a signal
    expect(() => new IdleTracker({ signal: new AbortController() })).toThrow('signal')
    // @ts-expect-error: an answer is a boolean
    expect(() => new IdleTracker({ confirm: () => 'yes' })).not.toThrow()
    // @ts-expect-error: a clock has a wall clock too
    expect(() => new IdleTracker({ clock: { now: () => 0, setTimeout, clearTimeout } })).toThrow('clock')
    // @ts-expect-error: a tracker watches no server, and so has no grace
    expect(() => new IdleTracker({ grace: '1s' })).toThrow('grace')
  })

  test('shutdown options', () => {
    const server = createHttp()
    // @ts-expect-error: the name is misspelt
    expect(() => idleShutdown(server, { patince: 5 })).toThrow('patince')
    // @ts-expect-error: connections or requests
    expect(() => idleShutdown(server, { activity: 'sometimes' })).toThrow('sometimes')
    // @ts-expect-error: open, traffic or ignore
    expect(() => idleShutdown(server, { upgrades: 'close' })).toThrow('close')
    // @ts-expect-error: open, traffic or ignore
    expect(() => idleShutdown(server, { streams: 'silent' })).toThrow('silent')
    // @ts-expect-error: a path, a pattern, or a test
    expect(() => idleShutdown(server, { ignore: 5 })).toThrow('ignore')
    // @ts-expect-error: an app is not a server
    expect(() => idleShutdown(() => {})).toThrow('server')
  })

  test('a wrong response that stays open', async () => {
    const idle = idleShutdown(createHttp())
    // @ts-expect-error: without end(), it needs a function that ends it
    expect(() => idle.endOnIdle(new EventEmitter())).toThrow('end()')
    // @ts-expect-error: a signal emits no close
    expect(() => idle.endOnIdle(idle.signal, () => {})).toThrow("emits 'close'")
    // @ts-expect-error: end is a function
    expect(() => idle.endOnIdle(new PassThrough(), 'end')).toThrow('end')
    idle.endOnIdle(new PassThrough(), (stream) => expectTypeOf(stream).toEqualTypeOf<PassThrough>())
    expectTypeOf(idle.endOnIdle(new EventEmitter(), () => {})).toEqualTypeOf<Disposable>()
    await idle.close()
  })

  test('a wrong callback before the end or of quiet', async () => {
    const idle = idleShutdown(createHttp())
    // @ts-expect-error: a callback is a function
    expect(() => idle.beforeEnd('flush')).toThrow('callback')
    // @ts-expect-error: a text is a duration
    expect(() => idle.onQuiet('soon', () => {})).toThrow('after')
    // @ts-expect-error: release is a function
    expect(() => idle.onQuiet('30s', 5)).toThrow('release')
    expectTypeOf(idle.beforeEnd(async ({ reason }) => reason)).toEqualTypeOf<Disposable | undefined>()
    expectTypeOf(idle.onQuiet('30s', async () => () => {})).toEqualTypeOf<Disposable>()
    await idle.close()
  })

  test('ignoreRequest as a handler', async () => {
    const idle = idleShutdown(createHttp())
    // @ts-expect-error: it answers no request
    createHttp(idle.ignoreRequest)
    // @ts-expect-error: it calls no next()
    const middleware: (request: IncomingMessage, response: ServerResponse, next: () => void) => void =
      idle.ignoreRequest
    expectTypeOf(idle.ignoreRequest).toBeCallableWith(new IncomingMessage(new Socket()))
    expect(middleware).toBeTypeOf('function')
    await idle.close()
  })

  test('a net server whose requests should count', () => {
    // @ts-expect-error: it has no requests
    expect(() => idleShutdown(createNet(), { activity: 'requests' })).toThrow('requests')
    // @ts-expect-error: one of them has no requests
    expect(() => idleShutdown([createHttp(), createNet()], { activity: 'requests' })).toThrow('requests')
  })

  test('changing a readonly member', () => {
    using tracker = new IdleTracker()
    const write = (): void => {
      // @ts-expect-error: read-only
      tracker.patience = 5
      // @ts-expect-error: read-only
      tracker.explain().state = 'ended'
    }
    expectTypeOf(write).toBeFunction()
  })
})

test('what compiles', () => {
  expectTypeOf<'15m' | '15M' | '15 m' | '1.5 hours' | '.5s' | '100' | '30D' | '2 Weeks' | '5yrs'>().toExtend<Duration>()
  expectTypeOf<number>().toExtend<Duration>()
  // An editor suggests the members of the union.
  expectTypeOf<Extract<Duration, '500ms' | '90s' | '15m' | '2h' | '30d'>>().toEqualTypeOf<
    '500ms' | '90s' | '15m' | '2h' | '30d'
  >()
  expectTypeOf<{ patience: '15m'; jitter: 5; confirm: () => Promise<boolean> }>().toExtend<IdleTrackerOptions>()
  expectTypeOf<IdleTrackerOptions>().toExtend<IdleShutdownOptions>()
  expectTypeOf<string | RegExp>().toExtend<Ignore>()
  expectTypeOf<readonly Ignore[]>().toExtend<IdleShutdownOptions['ignore']>()
  expectTypeOf(() =>
    idleShutdown([createHttp(), createNet()], { activity: 'connections' }),
  ).returns.toEqualTypeOf<IdleShutdown>()
  expectTypeOf(() => idleShutdown(createHttp2(), { activity: 'requests' })).returns.toEqualTypeOf<IdleShutdown>()
  expectTypeOf(() => idleShutdown(new Set([createHttp(), createNet()]))).returns.toEqualTypeOf<IdleShutdown>()
})

test('returns the declared types', () => {
  expectTypeOf<ConstructorParameters<typeof IdleTracker>>().toEqualTypeOf<[options?: IdleTrackerOptions | undefined]>()
  expectTypeOf<IdleTracker>().toExtend<Disposable>()
  expectTypeOf<IdleTracker['patience']>().toEqualTypeOf<number>()
  expectTypeOf<IdleTracker['signal']>().toEqualTypeOf<AbortSignal>()
  expectTypeOf<IdleTracker['deadline']>().toEqualTypeOf<Date | undefined>()
  expectTypeOf<IdleTracker['explain']>().returns.toEqualTypeOf<Explanation>()
  expectTypeOf<IdleTracker['hold']>().returns.toEqualTypeOf<Hold>()
  expectTypeOf((tracker: IdleTracker) => tracker.waitUntil(Promise.resolve(5))).returns.toEqualTypeOf<Promise<number>>()
  expectTypeOf<Hold>().toExtend<Disposable>()
  expectTypeOf<IdleShutdown>().toExtend<AsyncDisposable>()
  expectTypeOf<IdleShutdown['tracker']>().toEqualTypeOf<IdleTracker>()
  expectTypeOf<IdleShutdown['closed']>().toEqualTypeOf<Promise<CloseReport>>()
  expectTypeOf<IdleShutdown['watch']>().returns.toEqualTypeOf<Disposable>()
  expectTypeOf<IdleTimeoutError['code']>().toEqualTypeOf<'ERR_IDLE_TIMEOUT'>()
  expectTypeOf<Clock['now']>().returns.toEqualTypeOf<number>()
  expect(new IdleTimeoutError(5)).toMatchObject({ name: 'IdleTimeoutError', code: 'ERR_IDLE_TIMEOUT', patience: 5 })
  expect(IdleShutdown).toBeTypeOf('function')
})
