import type { IdleShutdownOptions, Ignore } from '@idle-shutdown/core'
import { checkPath, invalidOption, milliseconds, oneOf, warnIfShort } from '@idle-shutdown/core/tracker'

/** The environment variables that the preload reads. */
export const IDLE_NAMES = [
  'IDLE_PATIENCE',
  'IDLE_STARTUP_PATIENCE',
  'IDLE_GRACE',
  'IDLE_ACTIVITY',
  'IDLE_UPGRADES',
  'IDLE_STREAMS',
  'IDLE_IGNORE',
  'IDLE_PORTS',
  'IDLE_EXIT',
  'IDLE_LOG',
] as const

type IdleName = (typeof IDLE_NAMES)[number]

/** Settings as the environment carries them. An empty text counts as not set. */
export type IdleEnvironment = Readonly<Partial<Record<IdleName, string>>>

/** Validated settings. Durations are in milliseconds; `Infinity` means never. */
export interface Settings {
  readonly patience: number
  readonly startupPatience: number
  readonly grace: number
  readonly activity: NonNullable<IdleShutdownOptions['activity']>
  readonly upgrades: NonNullable<IdleShutdownOptions['upgrades']>
  readonly streams: NonNullable<IdleShutdownOptions['streams']>
  readonly ignore: readonly Ignore[]
  /** The ports whose servers count. `undefined` means all. */
  readonly ports: ReadonlySet<number> | undefined
  /** `force`: after the drain, the process is ended even if something else keeps it alive. */
  readonly exit: 'natural' | 'force'
  /** `on`: one line on stderr at the end. `verbose`: also a line for each server. */
  readonly log: 'off' | 'on' | 'verbose'
}

/**
 * Reads and validates the settings. Ignores other variables that begin with IDLE_: they are not part of this package.
 *
 * @throws IdleUsageError `ERR_IDLE_INVALID_DURATION`, `ERR_IDLE_INVALID_OPTION`
 */
export function readSettings(environment: IdleEnvironment | NodeJS.ProcessEnv): Settings {
  const value = (name: IdleName): string | undefined => environment[name] || undefined
  const duration = (name: IdleName, otherwise: number | string, zero?: 'or 0'): number => {
    const text = value(name) ?? otherwise
    return milliseconds(name, text === 'Infinity' ? Number.POSITIVE_INFINITY : text, zero)
  }
  const patience = duration('IDLE_PATIENCE', '15m')
  return {
    patience,
    startupPatience: duration('IDLE_STARTUP_PATIENCE', patience),
    grace: duration('IDLE_GRACE', '10s', 'or 0'),
    activity: oneOf('IDLE_ACTIVITY', value('IDLE_ACTIVITY'), ['connections', 'requests']),
    upgrades: oneOf('IDLE_UPGRADES', value('IDLE_UPGRADES'), ['open', 'traffic', 'ignore']),
    streams: oneOf('IDLE_STREAMS', value('IDLE_STREAMS'), ['open', 'traffic', 'ignore']),
    ignore: list(value('IDLE_IGNORE')).map(ignoreRule),
    ports: ports(value('IDLE_PORTS')),
    exit: oneOf('IDLE_EXIT', value('IDLE_EXIT'), ['natural', 'force']),
    log: oneOf('IDLE_LOG', value('IDLE_LOG'), ['on', 'off', 'verbose']),
  }
}

/**
 * Warns of a patience below a second that has no unit. `named` returns the name by which the reader knows a setting.
 */
export function warnOfShortPatience(
  environment: IdleEnvironment | NodeJS.ProcessEnv,
  named: (name: string) => string = (name) => name,
): void {
  for (const name of ['IDLE_PATIENCE', 'IDLE_STARTUP_PATIENCE'] as const) warnIfShort(named(name), environment[name])
}

/** Returns the items between commas. A comma within an item has a backslash before it. */
function list(text: string | undefined): string[] {
  if (text === undefined) return []
  return text
    .split(/(?<!\\),/)
    .map((item) => item.trim().replaceAll('\\,', ','))
    .filter((item) => item !== '')
}

function ignoreRule(item: string): Ignore {
  const agent = /^user-agent:(.+)$/i.exec(item)?.[1]?.trim().toLowerCase()
  if (agent) return ({ headers }) => headers['user-agent']?.toLowerCase().includes(agent) === true
  const pattern = /^\/(.+)\/$/.exec(item)?.[1]
  if (pattern !== undefined) {
    try {
      return new RegExp(pattern)
    } catch {
      throw invalidOption('IDLE_IGNORE', item, 'a pattern that is a valid regular expression')
    }
  }
  if (item.startsWith('/')) {
    checkPath('IDLE_IGNORE', item)
    return item
  }
  throw invalidOption(
    'IDLE_IGNORE',
    item,
    'a list of exact paths (/healthz), patterns on the path (/^\\/metrics/) and user-agent:TEXT',
  )
}

function ports(text: string | undefined): ReadonlySet<number> | undefined {
  const items = list(text)
  if (items.length === 0) return undefined
  return new Set(
    items.map((item) => {
      const port = Number(item)
      if (/^\d+$/.test(item) && port >= 1 && port <= 65_535) return port
      throw invalidOption('IDLE_PORTS', item, 'a list of ports from 1 to 65535')
    }),
  )
}
