import type { IncomingHttpHeaders } from 'node:http'
import { parse } from '@lukeed/ms'
import { type Clock, defaultClock } from './clock.ts'
import { hasMethods, IdleUsageError, invalidOption, showValue, warn } from './errors.ts'

/** The units of a text. A week has 7 days, and a year 365.25. */
type Unit =
  | `${'millisecond' | 'msec' | 'second' | 'sec' | 'minute' | 'min' | 'hour' | 'hr' | 'day' | 'week' | 'wk' | 'year' | 'yr'}${'' | 's'}`
  | ('ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'y')

/**
 * Milliseconds, or a text such as `'500ms'`, `'90s'`, `'15m'`, `'2h'`, `'30d'`. `Infinity` means never.
 *
 * A text has a unit, or is a number of milliseconds. TypeScript refuses `'soon'`. A text that is read at run time needs
 * a cast, `text as Duration`, and is checked by the call.
 */
export type Duration =
  | number
  // An editor suggests these. Without the Record, TypeScript drops texts from a union with a pattern that matches them.
  | ('500ms' | '90s' | '15m' | '2h' | '30d')
  | (`${number}${'' | Unit | Uppercase<Unit> | Capitalize<Unit>}` & Record<never, never>)

/** The options of {@link IdleTracker}. A duration is a number of milliseconds or a text. */
export interface IdleTrackerOptions {
  /** The time without activity until the tracker counts as idle. More than 0; `Infinity`: never. Default: `'15m'`. */
  patience?: Duration
  /**
   * The first deadline, counted from construction (with servers, from listening), until there was an activity. Default:
   * patience.
   */
  startupPatience?: Duration
  /** The most that is added to each deadline, at random, so that many servers do not end at once. Default: 0. */
  jitter?: Duration
  /** A parent signal. When it aborts, the tracker ends at once, with the parent's reason. */
  signal?: AbortSignal
  /**
   * A last question at the deadline. The tracker ends only if the answer is `true`.
   *
   * `false`, a throw, a rejection, or no answer within one patience makes the tracker wait another patience.
   */
  confirm?: () => boolean | Promise<boolean>
  /** The source of time and timers, for tests. Default: Node's own. */
  clock?: Clock
}

/** The options of {@link idleShutdown}. */
export interface IdleShutdownOptions extends IdleTrackerOptions {
  /**
   * The longest drain, after which everything that is left is destroyed. 0 destroys at once, `Infinity` never. Default:
   * `'10s'`.
   */
  grace?: Duration
  /**
   * Selects whether a connection without a request counts (`'connections'`) or not (`'requests'`). Default:
   * `'connections'`.
   */
  activity?: 'connections' | 'requests'
  /**
   * The requests that do not count as an activity, such as health checks: exact paths, patterns on the path, or tests.
   */
  ignore?: Ignore | readonly Ignore[]
  /**
   * Selects how an upgraded socket counts: until it closes (`'open'`), while bytes move (`'traffic'`), or never
   * (`'ignore'`). Default: `'open'`.
   */
  upgrades?: 'open' | 'traffic' | 'ignore'
  /**
   * Selects how a stream counts: until it ends (`'open'`), while bytes move (`'traffic'`), or never (`'ignore'`).
   * Default: `'open'`.
   *
   * A stream is a response whose head has been sent, without a `Content-Length`, and that has not ended: server-sent
   * events, for example. A response that has not sent its head is active for any value.
   */
  streams?: StreamCount
}

/** A way in which a stream counts: until it ends, while bytes move, or never. See {@link IdleShutdownOptions.streams}. */
export type StreamCount = 'open' | 'traffic' | 'ignore'

/** An exact path, a pattern on the path (without the query), or any test of a request. */
export type Ignore = string | RegExp | ((request: RequestInfo) => boolean)

/** The argument of an {@link Ignore} test. The `headers` of an HTTP/2 request include its pseudo-headers. */
export interface RequestInfo {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** The checked and complete options of a tracker. Durations are in milliseconds. */
export interface TrackerSettings {
  readonly patience: number
  readonly startupPatience: number
  readonly jitter: number
  readonly signal: AbortSignal | undefined
  readonly confirm: (() => boolean | Promise<boolean>) | undefined
  readonly clock: Clock
}

/** The checked and complete options of a shutdown. Of the tracker's options, only the names are checked. */
export interface ShutdownSettings {
  readonly grace: number
  readonly activity: 'connections' | 'requests'
  /** Reports whether a request does not count as an activity. Never throws. */
  readonly ignored: ((request: RequestInfo) => boolean) | undefined
  readonly upgrades: 'open' | 'traffic' | 'ignore'
  readonly streams: StreamCount
  readonly tracker: IdleTrackerOptions
}

const TRACKER_OPTIONS = ['patience', 'startupPatience', 'jitter', 'signal', 'confirm', 'clock']
const SHUTDOWN_OPTIONS = [...TRACKER_OPTIONS, 'grace', 'activity', 'ignore', 'upgrades', 'streams']

/** Checks and completes the options of a tracker. Throws an {@link IdleUsageError}. */
export function trackerSettings(options: IdleTrackerOptions = {}): TrackerSettings {
  rejectUnknownOptions(options, TRACKER_OPTIONS)
  const { patience = '15m', startupPatience = patience, jitter = 0, signal, confirm, clock = defaultClock() } = options
  const settings = {
    patience: milliseconds('patience', patience),
    startupPatience: milliseconds('startupPatience', startupPatience),
    jitter: milliseconds('jitter', jitter, 'or 0'),
    signal,
    confirm,
    clock,
  }
  if (settings.jitter === Infinity) throw infinite('jitter')
  // Not instanceof: test runners give each test file globals of its own.
  if (signal !== undefined && !(hasMethods(signal, 'addEventListener') && typeof signal.aborted === 'boolean'))
    throw invalidOption(
      'signal',
      signal,
      'an AbortSignal',
      hasMethods(signal, 'abort') ? 'Pass its .signal' : undefined,
    )
  if (confirm !== undefined && typeof confirm !== 'function') throw invalidOption('confirm', confirm, 'a function')
  if (!hasMethods(clock, 'now', 'date', 'setTimeout', 'clearTimeout'))
    throw invalidOption('clock', clock, 'an object with now(), date(), setTimeout() and clearTimeout()')
  if (options.clock === undefined) {
    warnIfShort('patience', options.patience)
    warnIfShort('startupPatience', options.startupPatience)
  }
  return settings
}

/** Checks and completes the options of a shutdown, except for the tracker's part. Throws an {@link IdleUsageError}. */
export function shutdownSettings(options: IdleShutdownOptions = {}): ShutdownSettings {
  rejectUnknownOptions(options, SHUTDOWN_OPTIONS)
  const { grace = '10s', activity, upgrades, streams, ignore, ...tracker } = options
  return {
    grace: milliseconds('grace', grace, 'or 0'),
    activity: oneOf('activity', activity, ['connections', 'requests']),
    upgrades: oneOf('upgrades', upgrades, ['open', 'traffic', 'ignore']),
    streams: streams === undefined ? 'open' : streamCount('streams', streams),
    ignored: ignore === undefined ? undefined : anyOf([ignore].flat()),
    tracker,
  }
}

/**
 * Returns a duration in milliseconds. Throws `ERR_IDLE_INVALID_DURATION` if the value is not a duration or is negative.
 * Also throws for less than 1 without `zero`.
 */
export function milliseconds(name: string, value: number | string, zero?: 'or 0'): number {
  const ms = typeof value === 'string' ? parsed(value) : value
  if (typeof ms === 'number' && (zero === undefined ? ms >= 1 : ms >= 0)) return ms
  const least = zero !== undefined ? '0 or more' : Number(ms) > 0 ? '1 ms or more' : 'more than 0'
  const limit = typeof ms === 'number' && ms < 1 ? ` of ${least},` : ''
  throw invalidOption(
    name,
    value,
    `a duration${limit} such as 900_000 or '15m'`,
    ms === 0 && name === 'patience'
      ? 'Leave it out for the default of 15 minutes'
      : `Write milliseconds${name === 'after' ? ' or a text with a unit' : ', a text with a unit, or Infinity for never'}`,
    'ERR_IDLE_INVALID_DURATION',
  )
}

/** Returns the error for a duration that is `Infinity` and must not be. */
export function infinite(name: string): IdleUsageError {
  return invalidOption(
    name,
    Infinity,
    "a finite duration such as 900_000 or '15m'",
    undefined,
    'ERR_IDLE_INVALID_DURATION',
  )
}

/** The durations that a warning has named. */
const warnedOf = new Set<string>()

/**
 * Warns, once for each value, of a patience below a second that has no unit. `patience: 15` means minutes or seconds,
 * most likely.
 *
 * A duration with a unit (`'50ms'`) is taken literally.
 */
export function warnIfShort(name: string, value: number | string | undefined): void {
  const ms = typeof value === 'string' && /^[\d.]+$/.test(value.trim()) ? Number(value) : value
  if (typeof ms !== 'number' || !(ms < 1000) || warnedOf.has(`${name} ${ms}`)) return
  warnedOf.add(`${name} ${ms}`)
  warn(
    'IDLE_SHORT_PATIENCE',
    `"${name}" is ${ms} milliseconds, since it has no unit. Write '${ms}m' for minutes, '${ms}s' for seconds, or '${ms}ms' if it is meant`,
  )
}

/** Parses a duration. `@lukeed/ms` does not return 0 for `'0s'`: a leading 1 shows whether the rest is a duration. */
function parsed(text: string): number | undefined {
  return parse(text) ?? (Number.parseFloat(text) === 0 && parse(`1${text}`) !== undefined ? 0 : undefined)
}

/** Returns `value`, or the first of `accepted` if it is undefined. Throws `ERR_IDLE_INVALID_OPTION` for any other. */
export function oneOf<const T extends string>(
  name: string,
  value: string | undefined,
  accepted: readonly [T, ...T[]],
): T {
  if (value === undefined) return accepted[0]
  const found = accepted.find((one) => one === value)
  if (found !== undefined) return found
  throw notOneOf(name, value, accepted)
}

function notOneOf(name: string, value: unknown, accepted: readonly string[]): IdleUsageError {
  return invalidOption(name, value, `one of ${accepted.map((one) => `'${one}'`).join(', ')}`)
}

/** Returns how a stream counts. Throws `ERR_IDLE_INVALID_OPTION` for any other value. */
export function streamCount(name: string, value: unknown): StreamCount {
  const accepted = ['open', 'traffic', 'ignore'] as const
  const found = accepted.find((one) => one === value)
  if (found === undefined) throw notOneOf(name, value, accepted)
  return found
}

/** Returns a test that is true for a request that any of `rules` matches. A rule that throws matches nothing. */
function anyOf(rules: readonly Ignore[]): (request: RequestInfo) => boolean {
  const tests = rules.map((rule): ((request: RequestInfo) => boolean) => {
    if (typeof rule === 'function') return rule
    if (typeof rule === 'string') {
      checkPath('ignore', rule)
      return (request) => pathOf(request) === rule
    }
    // search(), unlike test(), keeps no position in a pattern with the g flag.
    if (rule instanceof RegExp) return (request) => pathOf(request).search(rule) >= 0
    throw invalidOption('ignore', rule, 'a path, a RegExp, a function, or an array of these')
  })
  let failed = false
  return (request) => {
    try {
      // A plain JavaScript function may return any value: only `true` ignores.
      return tests.some((test) => test(request) === true)
    } catch (error) {
      if (!failed) warn('IDLE_IGNORE_FAILED', 'ignore failed, and the request counts as activity', error)
      failed = true
      return false
    }
  }
}

/** Throws `ERR_IDLE_INVALID_OPTION` for a text that cannot be the path of a request. */
export function checkPath(name: string, path: string): void {
  if (/^\/[^?#\s]*$/.test(path)) return
  const [own] = path
    .trim()
    .replace(/^(?:https?:\/\/[^/]*)?\/*/, '/')
    .split(/[?#\s]/)
  // The command line has no functions.
  const hint = name === 'ignore' && path.includes('?') ? ', or a function that looks at the query of the url' : ''
  throw new IdleUsageError(
    'ERR_IDLE_INVALID_OPTION',
    `"${name}" must have paths that begin with '/' and have no query. Received ${showValue(path)}. Write ${showValue(own)}${hint}`,
  )
}

function pathOf({ url = '' }: RequestInfo): string {
  return url.split('?', 1).join()
}

/**
 * Throws `ERR_IDLE_UNKNOWN_OPTION` if a name is not in `accepted`, and `ERR_IDLE_INVALID_OPTION` if `options` is not an
 * object.
 */
export function rejectUnknownOptions(options: object, accepted: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object')
  const unknown = Object.keys(options).find((name) => !accepted.includes(name))
  if (unknown === undefined) return
  throw new IdleUsageError(
    'ERR_IDLE_UNKNOWN_OPTION',
    `"options" must have no names but ${accepted.join(', ')}. Received ${showValue(unknown)}. Correct this name, or leave it out`,
  )
}
