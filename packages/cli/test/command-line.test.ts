import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { call, callHere } from './command.ts'

const { version }: { version: string } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))

test.each([
  [['--help'], /^An idle timeout for any Node server/],
  [['help', 'run'], /^usage: idle-shutdown run/],
  [['run', '--help'], /^usage: idle-shutdown run/],
  [['systemd', '-h'], /^usage: idle-shutdown systemd/],
  [['--version'], new RegExp(`^${version}\\n$`)],
  [['run', '-v'], new RegExp(`^${version}\\n$`)],
])('%j prints and ends with 0', async (args, stdout) => {
  expect(await callHere(args)).toEqual({ code: 0, stdout: expect.stringMatching(stdout), stderr: '' })
})

test('runs as it is installed', async () => {
  expect(await call(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  expect(await call([])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('the subcommand must be run or systemd'),
  })
})

describe('a wrong command line prints one sentence on stderr, with exit code 2', () => {
  test.each([
    [[], 'the subcommand must be run or systemd. Received nothing. See idle-shutdown --help'],
    [['start'], "Received 'start'"],
    [['--listen', '3000'], "Received '--listen'"],
    [['run', '--patince', '5s'], 'unknown option --patince. See idle-shutdown run --help'],
    [['run', '--listen', '3000'], '"COMMAND" must be given. Write idle-shutdown run … -- COMMAND'],
    [
      ['run', '--listen', 'web', 'node'],
      '"--listen" must be PORT, HOST:PORT, [IPV6]:PORT or a path with a slash. Received \'web\'',
    ],
  ])('%j', async (args, message) => {
    const called = await callHere(args)
    expect(called).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^idle-shutdown: [^\n]+\n$/) })
    expect(called.stderr).toContain(message)
  })
})
