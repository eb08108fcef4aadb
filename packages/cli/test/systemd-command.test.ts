import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { makeTempFolder } from '@idle-shutdown/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { call, callHere } from './command.ts'

const temp = makeTempFolder(afterAll)

// Units are written for Linux, and paths in them begin with a slash.
const windows = process.platform === 'win32'
const least = ['--name', 'web', '--listen', '3000']
const env = { PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` }

const systemd = (args: readonly string[], cwd = temp) => call(['systemd', ...args], { cwd, env })

describe.skipIf(windows)('idle-shutdown systemd', () => {
  test('prints both units, with the preload and absolute paths', async () => {
    const settings = ['--patience', '5m', '--streams', 'ignore']
    const { code, stdout, stderr } = await systemd([...least, ...settings, '--', 'node', 'server.js', '--x'])
    expect(code).toBe(0)
    // stdout has only the units, and stderr says what to do with them.
    expect(stderr).toMatch(/^idle-shutdown: next: write these to [^\n]+systemctl enable --now web\.socket\n$/)
    expect(stdout).not.toContain('next:')
    const preload = pathToFileURL(join(import.meta.dirname, '../dist/register/index.js')).href.replaceAll('%', '%%')
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        '# web.socket',
        'ListenStream=3000',
        '# web.service',
        `ExecStart=${process.execPath} --import ${preload} server.js --x`,
        `WorkingDirectory=${temp}`,
        'Environment=IDLE_PATIENCE=5m',
        'Environment=IDLE_STREAMS=ignore',
      ]),
    )
  })

  test('node runs a script that names node in its first line', async () => {
    const script = join(temp, 'serve me')
    writeFileSync(script, '#!/usr/bin/env node\n')
    chmodSync(script, 0o755)
    const { stdout } = await systemd([...least, './serve me'])
    expect(stdout).toMatch(new RegExp(`^ExecStart=${process.execPath} --import \\S+ "${script}"$`, 'm'))
  })

  test.each([
    [['--listen', '3000', 'node', 'x'], 2, '"--name" must be given'],
    [['--name', 'a b', '--listen', '3000', 'node', 'x'], 2, "Received 'a b'"],
    [['--name', '../web', '--listen', '3000', 'node', 'x'], 2, "Received '../web'"],
    [['--name', '..', '--listen', '3000', 'node', 'x'], 2, "Received '..'"],
    [
      [...least, '--user', 'www-data\nExecStartPre=/bin/touch x', 'node', 'x'],
      2,
      "'www-data\\nExecStartPre=/bin/touch x'",
    ],
    [[...least, '--user', 'www-data\\', 'node', 'x'], 2, '"--user" must be a value without a backslash at its end'],
    [[...least, '--user', ' root', 'node', 'x'], 2, '"--user" must be a value without blanks at its ends'],
    [
      [...least, '--listen', '/run/a\nExec=b', 'node', 'x'],
      2,
      `"--listen" must be an absolute path without control characters. Received '/run/a\\nExec=b'`,
    ],
    [[...least, '--listen', '/run/a ', 'node', 'x'], 2, '"--listen" must be a value without blanks at its ends'],
    [[...least, 'sh\nsh'], 1, 'there is no command sh\\nsh in PATH'],
    [['--name', 'web', 'node', 'x'], 2, '"--listen" must be given'],
    [least, 2, '"COMMAND" must be given'],
    [[...least, '--force', 'node', 'x'], 2, '"--force" must be given with --write'],
    [
      [...least, '--patience', 'soon', 'node', 'x'],
      2,
      `"--patience" must be a duration such as 900_000 or '15m'. Received 'soon'`,
    ],
    [[...least, 'sh', '-c', 'node x'], 2, '"COMMAND" must be node'],
    [[...least, 'npm', 'start'], 2, '"COMMAND" must be node'],
    [[...least, 'no-such-command-here'], 1, 'there is no command no-such-command-here in PATH'],
    [[...least, './no-such-file'], 1, 'there is no file ./no-such-file'],
  ])('%j: exit code %d, %s', async (args, code, message) => {
    const called = await callHere(['systemd', '--cwd', temp, ...args])
    expect(called).toEqual({ code, stdout: '', stderr: expect.stringMatching(/^idle-shutdown: [^\n]+\n$/) })
    expect(called.stderr).toContain(message)
  })

  test('refuses a folder that does not exist', async () => {
    expect(await callHere(['systemd', ...least, '--cwd', '/no-such-folder', 'node', 'x'])).toMatchObject({
      code: 1,
      stderr: `idle-shutdown: "--cwd" must be an existing folder. Received '/no-such-folder'\n`,
    })
  })

  test('a folder with a line break in its name is refused with a code, in one line', async () => {
    const folder = join(temp, 'a\nExecStartPre=+-usr-bin-touch pwned')
    mkdirSync(folder)
    const { code, stdout, stderr } = await systemd([...least, 'node', 'x'], folder)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^idle-shutdown: "--cwd" must be [^\n]+ExecStartPre[^\n]+\(ERR_IDLE_INVALID_UNIT_VALUE\)\n$/)
  })

  test('a folder that ends with a backslash does not swallow the line of the user', async () => {
    const folder = join(temp, 'c\\')
    mkdirSync(folder)
    const { stdout } = await systemd([...least, '--user', 'www-data', 'node', 'x'], folder)
    expect(stdout.split('\n')).toEqual(expect.arrayContaining([`WorkingDirectory=${folder}/`, 'User=www-data']))
  })

  test('warns on stderr of a path in the cache of npx', async () => {
    const folder = join(temp, '_npx/x/node_modules')
    const own = join(folder, 'idle-shutdown')
    cpSync(join(import.meta.dirname, '../dist'), join(own, 'dist'), { recursive: true })
    cpSync(join(import.meta.dirname, '../package.json'), join(own, 'package.json'))
    mkdirSync(join(folder, '@idle-shutdown'))
    for (const name of ['core', 'activation'])
      symlinkSync(join(import.meta.dirname, '../..', name), join(folder, '@idle-shutdown', name))
    const args = [join(own, 'dist/main.js'), 'systemd', ...least, 'node', 'server.js']
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: temp, encoding: 'utf8' })
    expect(status).toBe(0)
    expect(stdout).not.toContain('warning')
    expect(stderr).toContain(`warning: the service needs ${join(own, 'dist/register/index.js')}, in the cache of npx`)
  })

  test('refuses a file that is not executable', async () => {
    writeFileSync(join(temp, 'plain.js'), '')
    expect(await systemd([...least, './plain.js'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not executable'),
    })
  })

  test('--write writes both units, replaces none without --force, and leaves no other file', async () => {
    const folder = join(temp, 'units')
    const write = (patience: string, ...more: string[]) =>
      systemd([...least, '--patience', patience, '--write', folder, ...more, '--', 'node', 'server.js'])
    expect(await write('5m')).toEqual({
      code: 0,
      stdout: `${join(folder, 'web.socket')}\n${join(folder, 'web.service')}\n`,
      stderr: 'idle-shutdown: next: systemctl daemon-reload && systemctl enable --now web.socket\n',
    })
    expect(await write('6m')).toMatchObject({ code: 1, stderr: expect.stringContaining('web.socket exists already') })
    expect(readFileSync(join(folder, 'web.service'), 'utf8')).toContain('IDLE_PATIENCE=5m')
    expect(await write('7m', '--force')).toMatchObject({ code: 0 })
    expect(readFileSync(join(folder, 'web.service'), 'utf8')).toContain('IDLE_PATIENCE=7m')
    expect(readdirSync(folder).sort()).toEqual(['web.service', 'web.socket'])
  })
})

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0

describe.skipIf(!analyze)('systemd-analyze verify (skipped without systemd)', () => {
  test.each([
    ['plain', ['node', 'server.js']],
    [
      'odd folder 100% $HOME \\ "x"',
      ['node', 'my server.js', '--rate=5%', '$HOME', ';', 'say "hi"', "it's", 'a\\b', 'a\nb'],
    ],
  ])('%s', async (name, command) => {
    const cwd = join(temp, name)
    mkdirSync(cwd)
    const folder = join(temp, `units of ${name.slice(0, 5)}`)
    const options = [
      '--listen',
      '[::1]:3001',
      '--listen',
      './a b%.sock',
      '--env',
      'SAY=Hello, "you" 5% $x',
      '--user',
      'root',
    ]
    const called = await systemd(
      [...least, ...options, '--grace', 'Infinity', '--write', folder, '--', ...command],
      cwd,
    )
    expect(called).toMatchObject({ code: 0 })
    const { status, stderr } = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', join(folder, 'web.socket'), join(folder, 'web.service')],
      { encoding: 'utf8', env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` } },
    )
    // Units of the machine itself may have errors, too.
    expect(stderr.split('\n').filter((line) => line.includes(folder) || line.includes('web.'))).toEqual([])
    expect(status).toBe(0)
  })
})
