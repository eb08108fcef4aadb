import type { IncomingHttpHeaders } from 'node:http'
import { parse } from '@lukeed/ms'
import { type Clock, defaultClock } from './clock.ts'
import { IdleUsageError, showValue } from './errors.ts'

/** Milliseconds, or a text such as `'500ms'`, `'90s'`, `'15m'`, `'2h'`, `'30d'`. `Infinity` means never. */
export type Duration = number | string

/** What {@link IdleTracker} takes. Durations are milliseconds or texts. */
export interface IdleTrackerOptions {
  /** How long without activity until it counts as idle. More than 0; `Infinity`: never. Default: `'15m'`. */
  patience?: Duration
  /** The first deadline, counted from construction (with servers: from listening), until there was an activity. Default: patience. */
  startupPatience?: Duration
  /** Up to this much is added to each deadline at random, so that many servers don't end at once. Default: 0. */
  jitter?: Duration
  /** A parent: when it aborts, the tracker ends at once, with the parent's reason. */
  signal?: AbortSignal
  /**
   * Asked at the deadline; only `true` lets it end. `false`, a throw, a rejection, or no answer within one patience waits
   * another patience.
   */
  confirm?: () => boolean | Promise<boolean>
  /** Time and timers, for tests. Default: Node's own. */
  clock?: Clock
}

/** What {@link idleShutdown} takes. */
export interface IdleShutdownOptions extends IdleTrackerOptions {
  /** The longest drain. Then what is left is destroyed. 0 cuts at once, `Infinity` never. Default: `'10s'`. */
  grace?: Duration
  /** Whether a connection without a request counts (`'connections'`) or not (`'requests'`). Default: `'connections'`. */
  activity?: 'connections' | 'requests'
  /** Requests that are no activity, such as health checks: exact paths, patterns on the path, or tests. */
  ignore?: Ignore | readonly Ignore[]
  /**
   * Whether an upgraded socket counts until it closes (`'open'`), while bytes move (`'traffic'`), or never (`'ignore'`).
   * Default: `'open'`.
   */
  upgrades?: 'open' | 'traffic' | 'ignore'
}

/** An exact path, a pattern on the path (without the query), or any test of a request. */
export type Ignore = string | RegExp | ((request: RequestInfo) => boolean)

/** What an {@link Ignore} test sees. An HTTP/2 request has its pseudo-headers among `headers` too. */
export interface RequestInfo {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** Tracker options, checked and complete. Durations in milliseconds. */
export interface TrackerSettings {
  readonly patience: number
  readonly startupPatience: number
  readonly jitter: number
  readonly signal: AbortSignal | undefined
  readonly confirm: (() => boolean | Promise<boolean>) | undefined
  readonly clock: Clock
}

/** Shutdown options, checked and complete, without the tracker's. */
export interface ShutdownSettings {
  readonly grace: number
  readonly activity: 'connections' | 'requests'
  readonly ignored: ((request: RequestInfo) => boolean) | undefined
  readonly upgrades: 'open' | 'traffic' | 'ignore'
}

const TRACKER_OPTIONS = ['patience', 'startupPatience', 'jitter', 'signal', 'confirm', 'clock'] as const
const SHUTDOWN_OPTIONS = [...TRACKER_OPTIONS, 'grace', 'activity', 'ignore', 'upgrades'] as const

/** Checks what a tracker was given. Throws an {@link IdleUsageError}. */
export function trackerSettings(options: IdleTrackerOptions = {}): TrackerSettings {
  refuseUnknown(options, TRACKER_OPTIONS)
  return checkedTracker(options)
}

/** Checks what a shutdown was given, the tracker's part included. Throws an {@link IdleUsageError}. */
export function shutdownSettings(options: IdleShutdownOptions = {}): ShutdownSettings & TrackerSettings {
  refuseUnknown(options, SHUTDOWN_OPTIONS)
  return {
    ...checkedTracker(options),
    grace: milliseconds('grace', options.grace === undefined ? '10s' : options.grace, 'or 0'),
    activity: oneOf('activity', options.activity, ['connections', 'requests']),
    upgrades: oneOf('upgrades', options.upgrades, ['open', 'traffic', 'ignore']),
    ignored: options.ignore === undefined ? undefined : anyOf([options.ignore].flat()),
  }
}

function checkedTracker(options: IdleTrackerOptions): TrackerSettings {
  const { signal, confirm, clock } = options
  const patience = milliseconds('patience', options.patience === undefined ? '15m' : options.patience)
  if (signal !== undefined && !isAbortSignal(signal)) throw invalid('signal', signal, 'an AbortSignal')
  if (confirm !== undefined && typeof confirm !== 'function') throw invalid('confirm', confirm, 'a function')
  if (clock !== undefined && !isClock(clock)) {
    throw invalid('clock', clock, 'an object with now(), date(), setTimeout() and clearTimeout()')
  }
  return {
    patience,
    startupPatience: milliseconds(
      'startupPatience',
      options.startupPatience === undefined ? patience : options.startupPatience,
    ),
    jitter: jitter(options.jitter),
    signal,
    confirm,
    clock: clock ?? defaultClock(),
  }
}

function jitter(value: Duration = 0): number {
  const ms = milliseconds('jitter', value, 'or 0')
  if (ms < Number.POSITIVE_INFINITY) return ms
  throw new IdleUsageError('ERR_IDLE_INVALID_DURATION', 'jitter is Infinity; accepted is a finite duration')
}

/**
 * A duration in milliseconds. Throws `ERR_IDLE_INVALID_DURATION` for what is none, for less than 0, and for 0 unless `zero`.
 */
export function milliseconds(name: string, value: Duration, zero?: 'or 0'): number {
  const ms = typeof value === 'string' ? parsed(value) : value
  if (typeof ms === 'number' && (ms > 0 || (ms === 0 && zero !== undefined))) return ms
  const least = zero === undefined ? 'more than 0' : '0 or more'
  const never = ms === 0 && name === 'patience' ? '. To get the default of 15 minutes, leave it out' : ''
  throw new IdleUsageError(
    'ERR_IDLE_INVALID_DURATION',
    `${name} is ${showValue(value)}; accepted are milliseconds (${least}, Infinity for never) or a text such as '90s' or '15m'${never}`,
  )
}

/** `@lukeed/ms` takes '0s' for no duration: a leading 1 shows whether the rest is one. */
function parsed(text: string): number | undefined {
  const ms = parse(text) ?? (Number.parseFloat(text) === 0 && parse(`1${text}`) !== undefined ? 0 : undefined)
  return typeof ms === 'number' ? ms : undefined
}

function oneOf<const T extends string>(name: string, value: T | undefined, accepted: readonly [T, ...T[]]): T {
  if (value === undefined) return accepted[0]
  if (accepted.includes(value)) return value
  throw invalid(name, value, accepted.map((one) => `'${one}'`).join(', '))
}

/** One test that is true for a request that any of `rules` matches. */
function anyOf(rules: readonly Ignore[]): (request: RequestInfo) => boolean {
  const tests = rules.map((rule): ((request: RequestInfo) => boolean) => {
    if (typeof rule === 'function') return rule
    if (typeof rule === 'string') return (request) => pathOf(request) === rule
    // search(), unlike test(), keeps no position in a pattern with the g flag.
    if (rule instanceof RegExp) return (request) => pathOf(request).search(rule) >= 0
    throw invalid('ignore', rule, 'a path, a RegExp, a function, or an array of these')
  })
  // An answer of a plain JavaScript function may be anything: only true ignores.
  return (request) => tests.some((test) => test(request) === true)
}

function pathOf({ url = '' }: RequestInfo): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

/** Throws `ERR_IDLE_UNKNOWN_OPTION` for a name that is none of `accepted`, and `ERR_IDLE_INVALID_OPTION` for no object. */
export function refuseUnknown(options: object, accepted: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw invalid('options', options, 'an object')
  for (const name of Object.keys(options)) {
    if (!accepted.includes(name)) {
      throw new IdleUsageError(
        'ERR_IDLE_UNKNOWN_OPTION',
        `Unknown option ${showValue(name)}; accepted are ${accepted.join(', ')}`,
      )
    }
  }
}

function invalid(name: string, value: unknown, accepted: string): IdleUsageError {
  return new IdleUsageError('ERR_IDLE_INVALID_OPTION', `${name} is ${showValue(value)}; accepted is ${accepted}`)
}

// Not instanceof: test runners give each test file globals of its own.
function isAbortSignal(value: AbortSignal): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof value.aborted === 'boolean' &&
    typeof value.addEventListener === 'function'
  )
}

function isClock(value: Clock): boolean {
  const { now, date, setTimeout, clearTimeout, uptime = now } = Object(value)
  return [now, date, setTimeout, clearTimeout, uptime].every((method) => typeof method === 'function')
}
