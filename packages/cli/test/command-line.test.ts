import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { call, callHere } from './command.ts'

const { version }: { version: string } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))

test.each([
  [['--help'], /^Any Node server sleeps/],
  [['help', 'run'], /^usage: idle-shutdown run/],
  [['run', '--help'], /^usage: idle-shutdown run/],
  [['systemd', '-h'], /^usage: idle-shutdown systemd/],
  [['--version'], new RegExp(`^${version}\\n$`)],
  [['run', '-v'], new RegExp(`^${version}\\n$`)],
])('%j prints and ends with 0', async (args, stdout) => {
  expect(await callHere(args)).toEqual({ code: 0, stdout: expect.stringMatching(stdout), stderr: '' })
})

test('as it is installed', async () => {
  expect(await call(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  expect(await call([])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('no subcommand') })
})

describe('a wrong command line is one sentence on stderr, and exit code 2', () => {
  test.each([
    [[], 'no subcommand is given; accepted are run and systemd, see --help'],
    [['start'], "there is no subcommand 'start'"],
    [['--listen', '3000'], "there is no subcommand '--listen'"],
    [['run', '--patince', '5s'], 'unknown option --patince; see idle-shutdown run --help'],
    [['run', '--listen', '3000'], 'no command is given: idle-shutdown run … -- COMMAND'],
    [['run', '--listen', 'web', 'node'], "--listen is 'web'; accepted are PORT"],
  ])('%j', async (args, message) => {
    const called = await callHere(args)
    expect(called).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^idle-shutdown: [^\n]+\n$/) })
    expect(called.stderr).toContain(message)
  })
})
