import { afterEach, describe, expect, test, vi } from 'vitest'
import { Arguments } from './arguments.ts'
import { runArguments } from './run-arguments.ts'

const read = (line: string, environment: NodeJS.ProcessEnv = {}) =>
  runArguments(new Arguments('run', line.split(' ')), environment)

test('the least', () => {
  expect(read('--listen 3000 -- npm start')).toEqual({
    run: { listen: [{ port: 3000 }], command: ['npm', 'start'], idle: {}, env: {} },
    status: undefined,
    print: 'lines',
  })
})

test('every option', () => {
  const line = [
    '--listen 3000 --patience 90s --startup-patience Infinity --grace 0 --activity requests --upgrades traffic',
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
    ['npm start', 'no --listen is given'],
    ['--listen 3000', 'no command is given'],
    ['--listen 3000 --', 'no command is given'],
    ['--listen 3000 --listen :3000 x', 'the address 3000 is given twice'],
    ['--listen 3000 --status 3000 x', 'the address 3000 is given twice'],
    ['--listen 3000 --patience soon x', "--patience is 'soon'; accepted is a number of milliseconds"],
    ['--listen 3000 --patience 0 x', '--patience is'],
    ['--listen 3000 --startup-patience x y', '--startup-patience is'],
    ['--listen 3000 --grace -- x', '--grace needs a value'],
    ['--listen 3000 --grace=-1 x', '--grace is'],
    ['--listen 3000 --activity all x', "--activity is 'all'; accepted is 'connections', 'requests'"],
    ['--listen 3000 --upgrades all x', '--upgrades is'],
    ['--listen 3000 --ignore healthz x', '--ignore is'],
    ['--listen 3000 --ignore /healthz?probe=1 x', `"--ignore" must have paths`],
    ['--listen 3000 --ready-timeout 0 x', '--ready-timeout is'],
    ['--listen 3000 --max-queue 0 x', "--max-queue is '0'; accepted is a whole number from 1"],
    ['--listen 3000 --proxy http x', "--proxy has the port 'http'"],
    ['--listen 3000 --proxy 3000 x', '--proxy is 3000, which --listen holds'],
    ['--listen 1 --listen 2 --proxy 3 x', '--proxy takes one --listen'],
    ['--listen 3000 --env A x', "--env is 'A'; accepted is NAME=VALUE"],
    ['--listen 3000 --env 1=2 x', '--env is'],
    ['--listen 3000 --env IDLE_PATIENCE=soon x', "in the environment, IDLE_PATIENCE is 'soon'"],
    ['--listen 3000 --json --quiet x', '--json and --quiet exclude each other'],
  ])('%s', (line, message) => {
    expect(() => read(line)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
    )
  })

  test('a setting of the environment that the command would refuse', () => {
    expect(() => read('--listen 3000 x', { IDLE_EXIT: 'now' })).toThrow("in the environment, IDLE_EXIT is 'now'")
    expect(read('--listen 3000 --patience 5s x', { IDLE_PATIENCE: 'soon' }).run.idle).toEqual({ IDLE_PATIENCE: '5s' })
  })
})

describe('a patience below a second that has no unit is warned of', () => {
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
