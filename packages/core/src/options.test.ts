import { getEventListeners } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { createServer as createNet } from 'node:net'
import { ManualClock, Warnings } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { refusal } from '../test/refusal.ts'
import { idleShutdown } from './idle-shutdown.ts'
import { milliseconds, type RequestInfo, shutdownSettings, trackerSettings } from './options.ts'
import { IdleTracker } from './tracker/idle-tracker.ts'

// A call from JavaScript, with any value.
const tracker = (options: unknown) => () => Reflect.construct(IdleTracker, [options])
const shutdown = (options: unknown, server: unknown = createHttp()) => {
  return () => Reflect.apply(idleShutdown, undefined, [server, options])
}

const INSTRUCTION = 'Write milliseconds, a text with a unit, or Infinity for never'
const { now, date, setTimeout, clearTimeout } = new ManualClock()

const refusedDurations: [value: unknown, shown: string][] = [
  ['soon', "'soon'"],
  ['', "''"],
  ['15 fortnights', "'15 fortnights'"],
  ['-5m', "'-5m'"],
  ['Infinity', "'Infinity'"],
  [Number.NaN, 'NaN'],
  [-1, '-1'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  [null, 'null'],
  [{}, '{}'],
  [[], '[]'],
  [true, 'true'],
  [5n, '5n'],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
]

const durationError = (name: string): RegExp => {
  return new RegExp(`^ERR_IDLE_INVALID_DURATION: "${name}" must be a duration.* such as 900_000 or '15m'\\. Received `)
}

describe.each(['patience', 'startupPatience', 'jitter'])('%s', (name) => {
  test.each(refusedDurations)('throws for %o', (value, shown) => {
    const said = refusal(tracker({ [name]: value }))
    expect(said).toMatch(durationError(name))
    expect(said).toContain(`Received ${shown}. ${INSTRUCTION}`)
  })
})

test.each(refusedDurations)('grace throws for %o', (value, shown) => {
  const said = refusal(shutdown({ grace: value }))
  expect(said).toMatch(durationError('grace'))
  expect(said).toContain(`Received ${shown}. ${INSTRUCTION}`)
})

test("the error is written as Node's own errors are, and ends with one instruction", () => {
  expect(refusal(tracker({ patience: 'soon' }))).toBe(
    `ERR_IDLE_INVALID_DURATION: "patience" must be a duration such as 900_000 or '15m'. Received 'soon'. ${INSTRUCTION}`,
  )
})

test.each([0, '0', '0s', '0ms'] as const)('%o is refused as a patience, and accepted as grace and jitter', (none) => {
  expect(refusal(tracker({ patience: none }))).toMatch(
    /^ERR_IDLE_INVALID_DURATION: "patience" must be a duration of more than 0, .*Leave it out for the default of 15 minutes$/,
  )
  expect(refusal(tracker({ startupPatience: none }))).toMatch(durationError('startupPatience'))
  expect(trackerSettings({ jitter: none }).jitter).toBe(0)
  expect(shutdownSettings({ grace: none }).grace).toBe(0)
})

test.each([0.5, 0.999, '0.5ms', '.1'] as const)('%o is refused as a patience, since it is below 1 ms', (part) => {
  for (const name of ['patience', 'startupPatience']) {
    expect(refusal(tracker({ [name]: part }))).toMatch(durationError(name))
    expect(refusal(tracker({ [name]: part }))).toContain('of 1 ms or more, such as')
  }
  expect(shutdownSettings({ grace: part }).grace).toBeLessThan(1)
})

describe('warnings of a patience below a second without a unit', () => {
  const codes = async (call: () => unknown): Promise<readonly unknown[]> => {
    using warnings = new Warnings()
    Object(call())[Symbol.dispose]?.()
    await new Promise((resolve) => setImmediate(resolve))
    return warnings.list.map(({ code, message }) => [code, message])
  }

  test.each([
    ['patience', 15, "Write '15m' for minutes, '15s' for seconds, or '15ms' if it is meant"],
    ['patience', '16', "Write '16m' for minutes, '16s' for seconds, or '16ms' if it is meant"],
    ['startupPatience', 30, "Write '30m' for minutes"],
    ['patience', 999, "'999ms'"],
  ])('%s %o is warned of once', async (name, value, message) => {
    const call = tracker({ [name]: value })
    expect(await codes(call)).toEqual([['IDLE_SHORT_PATIENCE', expect.stringContaining(message)]])
    expect(await codes(call)).toEqual([])
  })

  test.each([
    ['a unit', { patience: '17ms', startupPatience: '0.5s' }],
    ['a second', { patience: 1000, startupPatience: '1000' }],
    ['a clock of the caller', { patience: 18, clock: new ManualClock() }],
    ['no patience', { jitter: 19 }],
  ])('there is no warning with %s', async (_, options) => {
    expect(await codes(tracker(options))).toEqual([])
  })

  test('there is one warning for a patience that is also the startup patience', async () => {
    expect(await codes(shutdown({ patience: 20 }))).toHaveLength(1)
  })
})

test.each([
  [1, 1],
  [1.5, 1.5],
  ['500ms', 500],
  ['90s', 90_000],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['30d', 2_592_000_000],
  ['1.5 hours', 5_400_000],
  [2 ** 31, 2 ** 31],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
] as const)('%o is %d ms', (given, ms) => {
  expect(milliseconds('patience', given)).toBe(ms)
  using tracker = new IdleTracker({ patience: given, clock: new ManualClock() })
  expect(tracker.patience).toBe(ms)
})

test('an option that is left out has its default', () => {
  expect(trackerSettings()).toMatchObject({ patience: 900_000, startupPatience: 900_000, jitter: 0 })
  expect(trackerSettings({ patience: '1h' }).startupPatience).toBe(3_600_000)
  expect(shutdownSettings()).toMatchObject({
    grace: 10_000,
    activity: 'connections',
    upgrades: 'open',
    streams: 'open',
  })
  expect(shutdownSettings().ignored).toBeUndefined()
})

test('an option that is undefined counts as left out', () => {
  const none = { patience: undefined, startupPatience: undefined, jitter: undefined, signal: undefined }
  expect(refusal(tracker({ ...none, confirm: undefined, clock: undefined }))).toBe('accepted')
  expect(
    refusal(
      shutdown({ grace: undefined, activity: undefined, ignore: undefined, upgrades: undefined, streams: undefined }),
    ),
  ).toBe('accepted')
})

test.each([null, 5, '15m', true, () => {}])('the call throws if the options are %o', (options) => {
  expect(refusal(tracker(options))).toMatch(/^ERR_IDLE_INVALID_OPTION: "options" must be an object\. Received /)
  expect(refusal(shutdown(options))).toMatch(/^ERR_IDLE_INVALID_OPTION: "options" must be an object\. Received /)
})

test('an unknown option throws, and the error lists the known ones', () => {
  expect(refusal(tracker({ patince: 5 }))).toBe(
    'ERR_IDLE_UNKNOWN_OPTION: "options" must have no names but patience, startupPatience, jitter, signal, confirm, clock. Received \'patince\'. Correct this name, or leave it out',
  )
  expect(refusal(shutdown({ patience: 5, Grace: 5 }))).toBe(
    'ERR_IDLE_UNKNOWN_OPTION: "options" must have no names but patience, startupPatience, jitter, signal, confirm, clock, grace, activity, ignore, upgrades, streams. Received \'Grace\'. Correct this name, or leave it out',
  )
  expect(refusal(tracker({ grace: 5 }))).toContain("Received 'grace'")
})

test.each([
  ['activity', 'sometimes', "'sometimes'", "'connections', 'requests'"],
  ['activity', null, 'null', "'connections', 'requests'"],
  ['upgrades', 'close', "'close'", "'open', 'traffic', 'ignore'"],
  ['upgrades', true, 'true', "'open', 'traffic', 'ignore'"],
  ['streams', 'close', "'close'", "'open', 'traffic', 'ignore'"],
  ['streams', null, 'null', "'open', 'traffic', 'ignore'"],
  ['streams', false, 'false', "'open', 'traffic', 'ignore'"],
  ['ignore', 5, '5', 'a path, a RegExp, a function, or an array of these'],
  ['ignore', null, 'null', 'a path, a RegExp, a function, or an array of these'],
  ['ignore', ['/healthz', {}], '{}', 'a path, a RegExp, a function, or an array of these'],
  ['confirm', true, 'true', 'a function'],
  ['confirm', null, 'null', 'a function'],
  ['confirm', Promise.resolve(true), 'Promise', 'a function'],
  ['signal', null, 'null', 'an AbortSignal'],
  ['signal', {}, '{}', 'an AbortSignal'],
  ['signal', 'SIGTERM', "'SIGTERM'", 'an AbortSignal'],
  ['signal', new AbortController(), 'AbortController', 'an AbortSignal'],
  ['signal', new EventTarget(), 'EventTarget', 'an AbortSignal'],
  ['clock', null, 'null', 'an object with now(), date(), setTimeout() and clearTimeout()'],
  ['clock', Date, '[Function: Date]', 'an object with now(), date(), setTimeout() and clearTimeout()'],
  ['clock', { now, setTimeout, clearTimeout }, '{', 'an object with now(), date(), setTimeout() and clearTimeout()'],
  ['clock', { now, date, setTimeout, clearTimeout: 5 }, '{', 'date()'],
])('%s throws for %o', (name, value, shown, accepted) => {
  const said = refusal(shutdown({ [name]: value }))
  expect(said).toContain(`ERR_IDLE_INVALID_OPTION: "${name}" must be `)
  expect(said).toContain(`Received ${shown}`)
  expect(said).toContain(accepted)
  expect(said).not.toContain('\n')
})

test('a long value is cut in the error', () => {
  expect(refusal(tracker({ patience: 'x'.repeat(1000) })).length).toBeLessThan(260)
})

describe('a call that throws leaves no listener and no timer', () => {
  const listeners = (server: NodeJS.EventEmitter): unknown[] => {
    return server.eventNames().map((event) => [event, ...server.listeners(event)])
  }

  test.each([{ patience: 0 }, { grace: -1 }, { ignore: 5 }, { activity: 'sometimes' }, { patince: 5 }, { confirm: 1 }])(
    'if the options have %o',
    (wrong) => {
      const parent = new AbortController()
      const clock = new ManualClock()
      const server = createHttp()
      const before = listeners(server)
      expect(refusal(shutdown({ signal: parent.signal, clock, ...wrong }, server))).toMatch(/^ERR_IDLE_/)
      expect(refusal(tracker({ signal: parent.signal, clock, ...wrong }))).toMatch(/^ERR_IDLE_/)
      expect(listeners(server)).toEqual(before)
      expect(getEventListeners(parent.signal, 'abort')).toEqual([])
      expect(clock.timers).toBe(0)
    },
  )

  test.each([
    ['no server', {}, {}],
    ['a net server that has no requests', createNet(), { activity: 'requests' }],
  ])('if %s follows a good server', (_, wrong, options) => {
    const parent = new AbortController()
    const clock = new ManualClock()
    const server = createHttp()
    const before = listeners(server)
    const call = shutdown({ ...options, signal: parent.signal, clock }, [server, wrong])
    expect(refusal(call)).toMatch(/^ERR_IDLE_INVALID_(SERVER|ACTIVITY)/)
    expect(listeners(server)).toEqual(before)
    expect(getEventListeners(parent.signal, 'abort')).toEqual([])
    expect(clock.timers).toBe(0)
  })
})

describe('ignore', () => {
  test.each([
    ['healthz', '/healthz'],
    ['', '/'],
    [' /healthz', '/healthz'],
    ['/healthz?probe=1', '/healthz'],
    ['healthz?', '/healthz'],
    ['/healthz#top', '/healthz'],
    ['/health check', '/health'],
    ['http://localhost/healthz', '/healthz'],
  ])('throws for %o, since no request has this path', (path, own) => {
    for (const ignore of [path, [/x/, path]]) {
      const said = refusal(shutdown({ ignore }))
      expect(said).toContain(
        'ERR_IDLE_INVALID_OPTION: "ignore" must have paths that begin with \'/\' and have no query.',
      )
      expect(said).toContain(`Received '${path}'. Write '${own}'`)
      expect(said.includes('a function')).toBe(path.includes('?'))
    }
  })

  const ignores = (
    ignore: Parameters<typeof shutdownSettings>[0] & {},
    info: Partial<RequestInfo>,
  ): boolean | undefined => shutdownSettings(ignore).ignored?.({ method: 'GET', headers: {}, ...info })

  test.each([
    ['/healthz', '/healthz', true],
    ['/healthz', '/healthz?verbose', true],
    ['/healthz', '/healthz/db', false],
    ['/healthz', '/', false],
    ['/healthz', undefined, false],
    [/^\/health/, '/healthz', true],
    [/^\/health/, '/?/health', false],
    [/z$/, '/healthz?a=b', true],
    [/verbose/, '/healthz?verbose', false],
  ])('%s with a request for %s reports %s', (ignore, url, expected) => {
    expect(ignores({ ignore }, { url })).toBe(expected)
    expect(ignores({ ignore: ['/nowhere', ignore] }, { url })).toBe(expected)
  })

  test('a pattern with the g flag matches every time', () => {
    const { ignored } = shutdownSettings({ ignore: /health/g })
    const request = { url: '/health', headers: {} }
    expect([ignored?.(request), ignored?.(request), ignored?.(request)]).toEqual([true, true, true])
  })

  test('a function receives the request, and ignores it only if it returns true', () => {
    const probe = { method: 'HEAD', url: '/', headers: { 'user-agent': 'kube-probe/1.30' } }
    expect(ignores({ ignore: ({ headers }) => headers['user-agent']?.startsWith('kube-probe') === true }, probe)).toBe(
      true,
    )
    const truthy = Reflect.apply(shutdownSettings, undefined, [{ ignore: () => 'yes' }])
    expect(truthy.ignored(probe)).toBe(false)
  })
})
