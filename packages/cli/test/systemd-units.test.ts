import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTempFolder } from '@idle-shutdown/testing'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { CommandError } from '../src/command/command-error.ts'
import { serviceUnit, socketUnit, type UnitOptions } from '../src/command/systemd-units.ts'
import { argument, readUnit, specified, words } from './unit-text.ts'

/** Text with and without a meaning to systemd. */
const text = fc.string({
  unit: fc.constantFrom(
    ...'\n\r\t\0\u0007\u001b\u0085\\"\'%$ ;#=[]-:,ab',
    'ExecStartPre=',
    '\u2028',
    'é',
    '%n',
    '$HOME',
  ),
  maxLength: 12,
})
/** The command line and the environment cannot contain NUL. */
const word = text.map((value) => value.replaceAll('\0', ''))

const options: fc.Arbitrary<UnitOptions> = fc.record({
  name: fc.stringMatching(/^\w[\w:.-]{0,8}$/),
  listen: fc.array(
    fc.oneof(
      fc.constantFrom({ port: 80 }, { host: '::1', port: 81 }, { host: 'fe80::1%eth0', port: 82 }),
      text.map((path) => ({ path: `/run/${path}` })),
    ),
    { minLength: 1, maxLength: 2 },
  ),
  node: fc.oneof(
    fc.constant('/usr/bin/node'),
    text.map((path) => `/opt/${path}/node`),
  ),
  preload: fc.constant('file:///opt/it%27s%20$x/register.js'),
  args: fc.array(word, { maxLength: 3 }),
  cwd: text.map((path) => `/srv/${path}`),
  env: fc.dictionary(fc.stringMatching(/^[A-Z_]\w{0,5}$/), word, { maxKeys: 2, noNullPrototype: true }),
  idle: fc.constant({ IDLE_IGNORE: '/^\\/m$/' }),
  grace: fc.constant(10_000),
  user: fc.option(
    fc.oneof(
      fc.constant('www-data'),
      text.filter((user) => user !== ''),
    ),
    { nil: undefined },
  ),
})

describe('a unit with any values, read as systemd reads it', () => {
  /** Reads a unit back. Returns `undefined` if a value was refused with a code or as wrong usage. */
  const made = (make: () => string) => {
    try {
      return readUnit(make())
    } catch (error) {
      if (error instanceof CommandError && error.exitCode === 2) return undefined
      throw error
    }
  }

  test('a service has only these lines, with these values', () => {
    let read = 0
    fc.assert(
      fc.property(options, (given) => {
        const { name, node, preload, args, cwd, env, idle, user } = given
        const lines = made(() => serviceUnit(given))
        if (lines === undefined) return
        read++
        const all = (key: string) => lines.filter(([each]) => each === key).map(([, value]) => value)
        const cached = env['NODE_COMPILE_CACHE'] === undefined ? ['CacheDirectory'] : []
        const keys = [
          'Type',
          'ExecStart',
          'WorkingDirectory',
          'User',
          'Environment',
          ...cached,
          'Restart',
          'RestartSec',
          'KillMode',
          'TimeoutStopSec',
        ]
        const unit = ['Description', 'Requires', 'After', 'StartLimitIntervalSec']
        expect(new Set(lines.map(([key]) => key))).toEqual(
          new Set([
            ...unit.map((key) => `Unit/${key}`),
            ...keys.filter((key) => key !== 'User' || user !== undefined).map((key) => `Service/${key}`),
          ]),
        )
        const [program, ...rest] = words(all('Service/ExecStart').join())
        expect([program, ...rest.map(argument)]).toEqual([node, '--import', preload, ...args])
        // systemd removes a slash at the end.
        expect(all('Service/WorkingDirectory').map((path) => specified(path).replace(/\/$/, ''))).toEqual([
          cwd.replace(/\/$/, ''),
        ])
        expect(all('Service/User').map(specified)).toEqual(user === undefined ? [] : [user])
        const assigned = [...Object.entries(env), ...Object.entries(idle)].map(([key, value]) => `${key}=${value}`)
        expect(all('Service/Environment').slice(0, assigned.length).map(words)).toEqual(assigned.map((each) => [each]))
        expect(all('Unit/Requires')).toEqual([`${name}.socket`])
      }),
      { numRuns: 500 },
    )
    expect(read).toBeGreaterThan(20)
  })

  test('a socket has only these lines, with these values', () => {
    fc.assert(
      fc.property(options, (given) => {
        const lines = made(() => socketUnit(given))
        if (lines === undefined) return
        expect(lines.map(([key]) => key)).toEqual([
          'Unit/Description',
          ...given.listen.map(() => 'Socket/ListenStream'),
          'Install/WantedBy',
        ])
        const addresses = lines.filter(([key]) => key === 'Socket/ListenStream').map(([, value]) => specified(value))
        for (const [index, address] of given.listen.entries()) {
          if ('path' in address) expect(addresses[index]).toBe(address.path)
        }
      }),
      { numRuns: 500 },
    )
  })
})

const SYSTEMD = '/lib/systemd/systemd'

describe.skipIf(!existsSync(SYSTEMD) || process.getuid?.() !== 0)(
  'a unit that systemd itself reads (skipped without systemd or root)',
  () => {
    const temp = makeTempFolder(afterAll)
    // Must be readable for another user, since systemd tests no units as root.
    chmodSync(temp, 0o755)

    test('odd folders, arguments and variables', () => {
      for (const target of ['basic', 'sysinit', 'sockets', 'shutdown', 'default'])
        writeFileSync(join(temp, `${target}.target`), '[Unit]\nDefaultDependencies=no\n')
      mkdirSync(join(temp, 'generators'))
      const units: UnitOptions = {
        name: 'web',
        listen: [{ port: 3000 }, { path: '/run/a b 5%.sock' }],
        node: '/bin/true',
        preload: 'file:///x',
        args: ['$HOME', '5%', ';', "it's", 'a\\', 'a\nExecStartPre=/bin/false'],
        cwd: '/srv/100% $x \\',
        env: { SAY: 'a\\ %n $HOME', LAST: '\\' },
        idle: {},
        grace: 10_000,
        user: 'www-data',
      }
      writeFileSync(join(temp, 'web.service'), serviceUnit(units))
      writeFileSync(join(temp, 'web.socket'), socketUnit(units))
      const { stdout, stderr } = spawnSync(
        SYSTEMD,
        ['--test', '--user', '--unit=web.service', '--log-target=console', '--no-pager'],
        {
          encoding: 'utf8',
          uid: 65_534,
          gid: 65_534,
          timeout: 10_000,
          env: {
            XDG_RUNTIME_DIR: tmpdir(),
            HOME: temp,
            SYSTEMD_UNIT_PATH: temp,
            SYSTEMD_GENERATOR_PATH: join(temp, 'generators'),
            SYSTEMD_ENVIRONMENT_GENERATOR_PATH: join(temp, 'generators'),
          },
        },
      )
      const read = `${stdout}${stderr}`.split('\n').map((line) => line.trim())
      expect(read).toEqual(
        expect.arrayContaining([
          'WorkingDirectory: /srv/100% $x \\',
          'Environment: SAY=a\\ %n $HOME',
          'Environment: LAST=\\',
          'User: www-data',
          'ListenStream: /run/a b 5%.sock',
        ]),
      )
      // systemd shows quotes and dollars in its own way, so only the number of lines is checked.
      expect(read.filter((line) => /^Command Line:.*5% .*ExecStartPre/.test(line))).toHaveLength(1)
      expect(read).not.toContain('-> ExecStartPre:')
    })
  },
)
