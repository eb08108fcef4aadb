import { afterEach, describe, expect, test, vi } from 'vitest'
import { Arguments } from './arguments.ts'
import { runArguments } from './run-arguments.ts'

const read = (line: string, environment: NodeJS.ProcessEnv = {}) =>
  runArguments(new Arguments('run', line.split(' ')), environment)

test('reads the shortest command line', () => {
  expect(read('--listen 3000 -- npm start')).toEqual({
    run: { listen: [{ port: 3000 }], command: ['npm', 'start'], idle: {}, env: {} },
    status: undefined,
    print: 'lines',
  })
})

test('reads every option', () => {
  const line = [
    '--listen 3000 --patience 90s --startup-patience Infinity --grace 0 --activity requests --upgrades traffic',
    '--streams ignore',
    '--ignore /healthz,/^\\/metrics/ --ignore user-agent:probe --ready-timeout 5s --max-queue 7 --proxy 5000',
    '--env A=1 --env B=x=y --env C= --cwd / --status 3001 --json -- node server.js',
  ].join(' ')
  expect(read(line)).toEqual({
    run: {
      listen: [{ port: 3000 }],
      command: ['node', 'server.js'],
      idle: {
        IDLE_PATIENCE: '90s',
        IDLE_STARTUP_PATIENCE: 'Infinity',
        IDLE_GRACE: '0',
        IDLE_ACTIVITY: 'requests',
        IDLE_UPGRADES: 'traffic',
        IDLE_STREAMS: 'ignore',
        IDLE_IGNORE: '/healthz,/^\\/metrics/,user-agent:probe',
      },
      env: { A: '1', B: 'x=y', C: '' },
      readyTimeout: 5000,
      maxQueue: 7,
      proxy: 5000,
      cwd: '/',
      stdout: 'stderr',
    },
    status: { host: '127.0.0.1', port: 3001 },
    print: 'json',
  })
  expect(read('--listen 3000 --quiet x').print).toBe('failures')
  expect(read('--listen 3000 --status 0.0.0.0:3001 x').status).toEqual({ host: '0.0.0.0', port: 3001 })
})

describe('refused, with a sentence and exit code 2', () => {
  test.each([
    ['npm start', '"--listen" must be given'],
    ['--listen 3000', '"COMMAND" must be given'],
    ['--listen 3000 --', '"COMMAND" must be given'],
    ['--listen 3000 --listen :3000 x', 'each address must be given once. Received 3000 twice'],
    ['--listen 3000 --status 3000 x', 'each address must be given once. Received 3000 twice'],
    ['--listen 3000 --patience soon x', /^"--patience" must be a duration .*Received 'soon'/],
    ['--listen 3000 --patience 0 x', /^"--patience" must be a duration of more than 0/],
    ['--listen 3000 --startup-patience x y', /^"--startup-patience" must be a duration /],
    ['--listen 3000 --grace -- x', '"--grace" must have a value'],
    ['--listen 3000 --grace=-1 x', /^"--grace" must be a duration of 0 or more/],
    ['--listen 3000 --activity all x', `"--activity" must be one of 'connections', 'requests'. Received 'all'`],
    ['--listen 3000 --upgrades all x', '"--upgrades" must be one of'],
    ['--listen 3000 --streams all x', `"--streams" must be one of 'open', 'traffic', 'ignore'. Received 'all'`],
    ['--listen 3000 --ignore healthz x', '"--ignore" must be a list of'],
    ['--listen 3000 --ignore /healthz?probe=1 x', `"--ignore" must have paths`],
    ['--listen 3000 --ready-timeout 0 x', /^"--ready-timeout" must be a duration of more than 0/],
    ['--listen 3000 --max-queue 0 x', `"--max-queue" must be a whole number from 1. Received '0'`],
    ['--listen 3000 --proxy http x', `"--proxy" must have a port from 1 to 65535. Received 'http'`],
    ['--listen 3000 --proxy 3000 x', '"--proxy" must be a port that --listen does not hold. Received 3000'],
    ['--listen 1 --listen 2 --proxy 3 x', '"--proxy" must be given with one --listen. Received 2'],
    ['--listen 3000 --env A x', `"--env" must be NAME=VALUE. Received 'A'`],
    ['--listen 3000 --env 1=2 x', '"--env" must be'],
    [
      '--listen 3000 --env IDLE_PATIENCE=soon x',
      /^in the environment, "IDLE_PATIENCE" must be a duration .*Received 'soon'/,
    ],
    ['--listen 3000 --json --quiet x', '"--json" must be given without --quiet'],
  ])('%s', (line, message) => {
    expect(() => read(line)).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
      }),
    )
  })

  test('refuses a setting of the environment that the command would refuse', () => {
    expect(() => read('--listen 3000 x', { IDLE_EXIT: 'now' })).toThrow(
      `in the environment, "IDLE_EXIT" must be one of 'natural', 'force'. Received 'now'`,
    )
    expect(read('--listen 3000 --patience 5s x', { IDLE_PATIENCE: 'soon' }).run.idle).toEqual({ IDLE_PATIENCE: '5s' })
  })
})

describe('warns of a patience below a second without a unit', () => {
  afterEach(() => vi.restoreAllMocks())

  test.each([
    ['--listen 3000 --patience 15 x', {}, ['"--patience" is 15 milliseconds']],
    ['--listen 3000 --startup-patience 30 x', {}, ['"--startup-patience" is 30 milliseconds']],
    ['--listen 3000 x', { IDLE_PATIENCE: '16' }, ['"IDLE_PATIENCE" is 16 milliseconds']],
    ['--listen 3000 --env IDLE_PATIENCE=17 x', {}, ['"IDLE_PATIENCE" is 17 milliseconds']],
    ['--listen 3000 --patience 5s x', { IDLE_PATIENCE: '18' }, []],
    ['--listen 3000 --patience 19ms x', {}, []],
  ])('%s with %j', (line, environment, messages) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    read(line, environment)
    expect(warned.mock.calls.map(([message]) => message)).toEqual(
      messages.map((message) => expect.stringContaining(message)),
    )
  })
})
