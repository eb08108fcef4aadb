import { describe, expect, test } from 'vitest'
import { plainValue, quotedArgument, quotedWord } from './systemd-quoting.ts'
import { serviceUnit, socketUnit, type UnitOptions } from './systemd-units.ts'

const options: UnitOptions = {
  name: 'web',
  listen: [{ port: 3000 }],
  node: '/usr/bin/node',
  preload: 'file:///opt/register.js',
  args: ['server.js'],
  cwd: '/srv/web',
  env: {},
  idle: {},
  grace: 10_000,
  user: undefined,
}

describe('quoting', () => {
  test.each([
    ['server.js', 'server.js'],
    ['', '""'],
    ['a b', '"a b"'],
    ['100%', '100%%'],
    ['$HOME', '"$$HOME"'],
    ['say "hi"', '"say \\"hi\\""'],
    ["it's", '"it\'s"'],
    ['C:\\x', '"C:\\\\x"'],
    [';', '";"'],
    ['a\nb\tc\u0007', '"a\\nb\\tc\\x07"'],
    ['a\u0085b', '"a\\u0085b"'],
    ['Größe', '"Größe"'],
  ])('the argument %j', (text, written) => {
    expect(quotedArgument(text)).toBe(written)
  })

  test('escapes variables in arguments only, and specifiers everywhere', () => {
    expect(quotedWord('A=$B %n')).toBe('"A=$B %%n"')
    expect(plainValue('/srv/100 % $x')).toBe('/srv/100 %% $x')
  })
})

test('the socket', () => {
  const listen = [
    { port: 80 },
    { host: '::1', port: 81 },
    { host: 'localhost', port: 82 },
    { host: 'fe80::1%eth0', port: 83 },
    { path: '/run/a b%.sock' },
  ]
  expect(socketUnit({ ...options, listen })).toBe(
    [
      '[Unit]',
      'Description=Wakes web.service',
      '',
      '[Socket]',
      'ListenStream=80',
      'ListenStream=[::1]:81',
      'ListenStream=127.0.0.1:82',
      'ListenStream=[fe80::1]:83%%eth0',
      'ListenStream=/run/a b%%.sock',
      '',
      '[Install]',
      'WantedBy=sockets.target',
      '',
    ].join('\n'),
  )
})

test('the service', () => {
  const lines = serviceUnit({
    ...options,
    args: ['--max-old-space-size=64', 'my server.js', '--rate', '5%'],
    cwd: '/srv/100%',
    env: { GREETING: 'Hello, "you"' },
    idle: { IDLE_PATIENCE: '90s', IDLE_IGNORE: '/healthz,/^\\/m/' },
    grace: 2500,
    user: 'www-data',
  }).split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      'ExecStart=/usr/bin/node --import file:///opt/register.js --max-old-space-size=64 "my server.js" --rate 5%%',
      'WorkingDirectory=/srv/100%%',
      'User=www-data',
      'Environment="GREETING=Hello, \\"you\\""',
      'Environment=IDLE_PATIENCE=90s',
      'Environment="IDLE_IGNORE=/healthz,/^\\\\/m/"',
      'CacheDirectory=web',
      'Environment=NODE_COMPILE_CACHE=%C/web',
      'Restart=on-failure',
      'TimeoutStopSec=8',
      'StartLimitIntervalSec=0',
    ]),
  )
})

test('a colon in the name does not link to the cache folder', () => {
  expect(serviceUnit({ ...options, name: 'a:b' }).split('\n')).toEqual(
    expect.arrayContaining(['CacheDirectory=a-b', 'Environment=NODE_COMPILE_CACHE=%C/a-b', 'Requires=a:b.socket']),
  )
})

test('an endless grace sets no limit for stopping', () => {
  expect(serviceUnit({ ...options, grace: Number.POSITIVE_INFINITY })).toContain('TimeoutStopSec=infinity')
})

test.each([
  [{ host: 'example.org', port: 80 }, `"--listen" must have an IP address for systemd. Received 'example.org'`],
  [{ path: 'C:\\web' }, '"--listen" must be an absolute path'],
  [{ path: '/run/a\nb' }, '"--listen" must be an absolute path'],
  [{ path: `/run/${'a'.repeat(103)}` }, 'must be a path of at most 107 bytes'],
  [{ path: '/run/a\\' }, 'without a backslash at its end'],
])('%o is refused', (address, message) => {
  expect(() => socketUnit({ ...options, listen: [address] })).toThrow(
    expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
  )
})
