import { expect, test } from 'vitest'
import { readCommand } from './command.ts'

const run = (suite: string, ...args: string[]): string[] => [
  ...['run', '--config', 'e2e/vitest.config.ts', '--project', suite],
  ...args,
]

test.each([
  [['supervisors'], { args: run('supervisors'), env: { IDLE_LENGTH: 'short' } }],
  [['supervisors', '--length', 'short'], { args: run('supervisors'), env: { IDLE_LENGTH: 'short' } }],
  [['supervisors', '--length', 'full'], { args: run('supervisors'), env: { IDLE_LENGTH: 'full' } }],
  [
    ['supervisors', '--only', 'systemd, Accept=yes (h'],
    { args: run('supervisors', '-t', 'systemd, Accept=yes \\(h'), env: { IDLE_LENGTH: 'short' } },
  ],
  [
    ['supervisors', '--only', 'systemd:', '--only', 'inetd.'],
    { args: run('supervisors', '-t', 'systemd:|inetd\\.'), env: { IDLE_LENGTH: 'short' } },
  ],
  [['apps'], { args: run('apps'), env: {} }],
  [['apps', 'serve', 'ws'], { args: run('apps'), env: { IDLE_APPS: 'serve ws' } }],
  [['consumers'], { args: run('consumers'), env: {} }],
  [
    ['consumers', 'packed', '--report', 'consumers.json', '-t', 'links'],
    { args: run('consumers', 'packed', '-t', 'links'), env: { IDLE_TEST_REPORT: 'consumers.json' } },
  ],
])('the arguments %j start vitest with its own', (args, command) => {
  expect(readCommand(args)).toEqual(command)
})

test.each([
  [[]],
  [['nothing']],
  [['toString']],
  [['supervisors', '--length', 'endless']],
  [['supervisors', '--lenght', 'full']],
  [['supervisors', 'full']],
  [['apps', '--only', 'ws']],
  [['consumers', '--report']],
])('the arguments %j are rejected', (args) => {
  expect(() => readCommand(args)).toThrow(expect.objectContaining({ code: 'TOOLS_ARGUMENT' }))
})
