import type { IncomingHttpHeaders } from 'node:http'
import type { Ignore } from '@idle-shutdown/core'
import { describe, expect, test } from 'vitest'
import { IDLE_NAMES, readSettings } from './settings.ts'

function ignores(rules: readonly Ignore[], url: string, headers: IncomingHttpHeaders = {}): boolean {
  return rules.some((rule) => {
    if (typeof rule === 'string') return url === rule
    return rule instanceof RegExp ? rule.test(url) : rule({ url, headers })
  })
}

describe('settings from the environment', () => {
  test.each([{}, Object.fromEntries(IDLE_NAMES.map((name) => [name, '']))])(
    'returns the defaults when no variable is set',
    (env) => {
      expect(readSettings(env)).toEqual({
        patience: 900_000,
        startupPatience: 900_000,
        grace: 10_000,
        activity: 'connections',
        upgrades: 'open',
        streams: 'open',
        ignore: [],
        ports: undefined,
        exit: 'natural',
        log: 'on',
      })
    },
  )

  test('durations are texts, milliseconds, or Infinity', () => {
    const { patience, startupPatience, grace } = readSettings({
      IDLE_PATIENCE: '90s',
      IDLE_STARTUP_PATIENCE: 'Infinity',
      IDLE_GRACE: '0',
    })
    expect([patience, startupPatience, grace]).toEqual([90_000, Number.POSITIVE_INFINITY, 0])
    expect(readSettings({ IDLE_PATIENCE: '1500' }).patience).toBe(1500)
  })

  test('the startup patience is the patience, unless it is given', () => {
    expect(readSettings({ IDLE_PATIENCE: '2m' }).startupPatience).toBe(120_000)
  })

  test('reads the words of each setting', () => {
    const env = {
      IDLE_ACTIVITY: 'requests',
      IDLE_UPGRADES: 'traffic',
      IDLE_STREAMS: 'ignore',
      IDLE_EXIT: 'force',
      IDLE_LOG: 'off',
      IDLE_PORTS: '80, 3000',
    }
    const settings = readSettings(env)
    expect(settings).toMatchObject({
      activity: 'requests',
      upgrades: 'traffic',
      streams: 'ignore',
      exit: 'force',
      log: 'off',
    })
    expect([...(settings.ports ?? [])]).toEqual([80, 3000])
  })

  test('IDLE_IGNORE: exact paths, patterns, user agents, and commas behind a backslash', () => {
    const { ignore } = readSettings({ IDLE_IGNORE: '/healthz, /^\\/metrics/ ,User-Agent:kube-probe,/^\\/x{1\\,2}$/' })
    expect(['/healthz', '/metrics/all', '/x', '/xx'].map((path) => ignores(ignore, path))).toEqual(Array(4).fill(true))
    expect(['/', '/healthz/', '/xxx', '/x{1'].map((path) => ignores(ignore, path))).toEqual(Array(4).fill(false))
    expect(ignores(ignore, '/', { 'user-agent': 'Kube-Probe/1.30' })).toBe(true)
    expect(ignores(ignore, '/', { 'user-agent': 'curl' })).toBe(false)
  })

  test.each([
    [
      { IDLE_PATIENCE: 'soon' },
      'ERR_IDLE_INVALID_DURATION',
      `"IDLE_PATIENCE" must be a duration such as 900_000 or '15m'. Received 'soon'`,
    ],
    [{ IDLE_PATIENCE: '0' }, 'ERR_IDLE_INVALID_DURATION', 'more than 0'],
    [{ IDLE_STARTUP_PATIENCE: '-1' }, 'ERR_IDLE_INVALID_DURATION', 'IDLE_STARTUP_PATIENCE'],
    [
      { IDLE_GRACE: 'x' },
      'ERR_IDLE_INVALID_DURATION',
      `"IDLE_GRACE" must be a duration such as 900_000 or '15m'. Received 'x'`,
    ],
    [{ IDLE_GRACE: '-1' }, 'ERR_IDLE_INVALID_DURATION', '0 or more'],
    [{ IDLE_ACTIVITY: 'none' }, 'ERR_IDLE_INVALID_OPTION', "'connections', 'requests'"],
    [{ IDLE_UPGRADES: 'Open' }, 'ERR_IDLE_INVALID_OPTION', "'open', 'traffic', 'ignore'"],
    [
      { IDLE_STREAMS: 'never' },
      'ERR_IDLE_INVALID_OPTION',
      `"IDLE_STREAMS" must be one of 'open', 'traffic', 'ignore'. Received 'never'`,
    ],
    [{ IDLE_EXIT: 'now' }, 'ERR_IDLE_INVALID_OPTION', "'natural', 'force'"],
    [{ IDLE_LOG: '1' }, 'ERR_IDLE_INVALID_OPTION', "'on', 'off', 'verbose'"],
    [{ IDLE_PORTS: '3000,http' }, 'ERR_IDLE_INVALID_OPTION', "Received 'http'"],
    [{ IDLE_PORTS: '65536' }, 'ERR_IDLE_INVALID_OPTION', '1 to 65535'],
    [{ IDLE_IGNORE: 'healthz' }, 'ERR_IDLE_INVALID_OPTION', "Received 'healthz'"],
    [{ IDLE_PATIENCE: '0.5ms' }, 'ERR_IDLE_INVALID_DURATION', '1 ms or more'],
    [
      { IDLE_IGNORE: '/x,/healthz?probe=1' },
      'ERR_IDLE_INVALID_OPTION',
      "Received '/healthz?probe=1'. Write '/healthz'",
    ],
    [{ IDLE_IGNORE: '/(/' }, 'ERR_IDLE_INVALID_OPTION', 'regular expression'],
    [{ IDLE_IGNORE: 'user-agent:' }, 'ERR_IDLE_INVALID_OPTION', 'user-agent:TEXT'],
  ])('%j is refused', (env, code, message) => {
    expect(() => readSettings(env)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })
})
