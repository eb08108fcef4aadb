import { accepts, getText, type Program, RawClient, until } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { preloaded, preloadedFile } from './preloaded.ts'
import { program, SupervisorProcess } from './supervisor.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const BY_ITSELF = { code: 0, signal: null }
const UNUSED = { IDLE_PATIENCE: '150ms', IDLE_GRACE: '20s' }
const FORCE = { ...UNUSED, IDLE_EXIT: 'force' }
const BOTH = [
  ['natural', UNUSED],
  ['force', FORCE],
] as const

/** The lines of the program `flushes` at an idle end, with an open stream that does not count. */
const WHOLE_ORDER = ['answered /stream', 'closed', 'flushes', 'flushed', 'flushed the second', 'listener', 'exit 0']

/** Starts a program of shutdown.js, to which no client connects. */
const start = (kind: string, env: NodeJS.ProcessEnv = FORCE): Program => preloadedFile('shutdown.js', env, [kind])

/** Returns the lines of a program, without its port. */
const lines = (stdout: string): string[] => stdout.split('\n').filter((line) => !/^(http \d+)?$/.test(line))

describe.concurrent.each(BOTH)('the SIGTERM listeners of a program at an idle end, IDLE_EXIT=%s', (_, env) => {
  test('run after the last answer, and end the process with 0', async () => {
    const program = start('closes', { ...env, IDLE_STARTUP_PATIENCE: '20s' })
    await getText(await program.port(), '/last')
    const { stdout, stderr, ...ending } = await program.ended
    expect(lines(stdout)).toEqual([
      'answered /last',
      'closed',
      'listener SIGTERM 15',
      'called back undefined',
      'exit 0',
    ])
    expect(stderr).toMatch(/^idle-shutdown: idle for 150 ms: closed in \d+ ms\n$/)
    expect(ending).toEqual(BY_ITSELF)
  })

  test('run after the last answer and the callbacks of beforeEnd', async () => {
    const program = start('flushes', { ...env, IDLE_STREAMS: 'ignore', IDLE_STARTUP_PATIENCE: '20s' })
    // The response stays open until the end of the server.
    expect(await getText(await program.port(), '/stream')).toBe('event\n')
    const { stdout, ...ending } = await program.ended
    expect(lines(stdout)).toEqual(WHOLE_ORDER)
    expect(ending).toMatchObject(BY_ITSELF)
  })

  test('end the process when they stop what keeps it alive', async () => {
    const { stdout, stderr, ...ending } = await start('stops', env).ended
    expect(lines(stdout)).toEqual(['closed', 'listener', 'exit 0'])
    expect(stderr).not.toMatch(/force|STILL_RUNNING/)
    expect(ending).toEqual(BY_ITSELF)
  })

  test('run once each, in order, and the process lives until their promises settle', async () => {
    const { stdout, ...ending } = await start('several', env).ended
    expect(lines(stdout)).toEqual(['closed', 'once', 'on', 'twice', 'twice', 'awaited', 'exit 0'])
    expect(ending).toMatchObject(BY_ITSELF)
  })

  test("see the event 'close' of a server that they close, and no other listener sees it twice", async () => {
    const { stdout, ...ending } = await start('waits for the event', env).ended
    expect(lines(stdout)).toEqual(['closed', 'closed again', 'exit 0'])
    expect(ending).toMatchObject(BY_ITSELF)
  })

  test('one that throws and one that rejects are a warning each, and the others run', async () => {
    const { stdout, stderr, ...ending } = await start('fails', env).ended
    expect(lines(stdout)).toEqual(['closed', 'throws', 'rejects', 'ends', 'exit 0'])
    expect(stderr.match(/IDLE_LISTENER_FAILED/g)).toHaveLength(2)
    expect(stderr).toContain('Error: thrown at the end')
    expect(stderr).toContain('Error: rejected at the end')
    expect(ending).toEqual(BY_ITSELF)
  })

  test.each([
    ['raises', ['hooks']],
    ['raises, once', ['hooks']],
    ['raises beside another', ['flushed']],
    ['raises beside a promise', ['flushed']],
    ['code 143', ['listener']],
  ])('%s: the process ends with 0, because no signal has arrived', async (kind, printed) => {
    const { stdout, ...ending } = await start(kind, env).ended
    expect(lines(stdout)).toEqual(['closed', ...printed, expect.stringMatching(/^exit (0|143)$/)])
    expect(ending).toMatchObject(BY_ITSELF)
  })

  test('another exit code is that of the process', async () => {
    expect(await start('code 3', env).ended).toMatchObject({ code: 3, signal: null })
  })

  test.each(['slowly', 'slowly, once', 'counts signals'])(
    '%s: a signal that arrives meanwhile calls none again',
    async (kind) => {
      const program = start(kind, env)
      await program.printed(/SIGTERM 1/)
      program.kill('SIGTERM')
      const { stdout, ...ending } = await program.ended
      expect(lines(stdout)).toEqual(['closed', 'SIGTERM 1', 'done', 'exit 0'])
      expect(ending).toMatchObject(BY_ITSELF)
    },
  )

  test.each([
    ['slowly', null, 'SIGTERM'],
    ['counts signals', 1, null],
  ])('%s: a second signal that arrives meanwhile ends the process at once', async (kind, code, signalled) => {
    const program = start(kind, env)
    await program.printed(/SIGTERM 1/)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      program.kill(signal)
      // Node merges signals that arrive together.
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    const { stdout, ...ending } = await program.ended
    expect(stdout).not.toContain('done')
    expect(ending).toMatchObject({ code, signal: signalled })
  })
})

describe.concurrent('a program without a SIGTERM listener of its own', () => {
  test.each(['SIGINT only', 'signal-exit'])('%s: is ended by force as before', async (kind) => {
    // A process that waited for its grace would outlast the test.
    const { stdout, stderr, ...ending } = await start(kind, { ...FORCE, IDLE_GRACE: '1h' }).ended
    expect(lines(stdout)).toEqual(['closed', 'exit 0'])
    expect(stderr).toContain('ended by force, since something kept the process alive')
    expect(ending).toEqual(BY_ITSELF)
  })
})

describe.concurrent('a SIGTERM listener that does not end the process', () => {
  test('force: the process is ended with 0 when the grace is over, after a line', async () => {
    const started = performance.now()
    const { stdout, stderr, ...ending } = await start('stays', { ...FORCE, IDLE_GRACE: '4s' }).ended
    expect(performance.now() - started).toBeGreaterThan(4000)
    expect(lines(stdout)).toEqual(['closed', 'listener', 'exit 0'])
    expect(stderr).toMatch(/ended by force, since its SIGTERM listeners had not ended it within the grace: .*1 Timeout/)
    expect(stderr).not.toContain('STILL_RUNNING')
    expect(ending).toEqual(BY_ITSELF)
  })

  test('natural: the process stays, and a line says so when the grace is over. A signal then ends it at once', async () => {
    const program = start('stays', { ...UNUSED, IDLE_GRACE: '4s' })
    await program.printed(/closed, but its SIGTERM listeners have not ended it within the grace: .*1 Timeout/, 'stderr')
    program.kill('SIGTERM')
    const { stderr, ...ending } = await program.ended
    expect(ending).toMatchObject({ code: null, signal: 'SIGTERM' })
    expect(stderr).not.toContain('STILL_RUNNING')
  })
})

const printed = {
  closes: ['listener SIGTERM 15', 'closed', 'called back undefined', 'exit 0'],
  // Longer than the drain.
  slowly: ['SIGTERM 1', 'closed', 'done', 'exit 0'],
}

test.each(
  Object.entries(printed).flatMap(([kind, said]) => BOTH.map(([exit, env]) => [kind, exit, said, env] as const)),
)('%s, %s: a signal during the drain of an idle end calls the listeners once', async (kind, _, said, env) => {
  const program = start(kind, { ...env, IDLE_PATIENCE: '1s', IDLE_ACTIVITY: 'requests', IDLE_LOG: 'off' })
  // The drain waits a second for a client that has not sent anything.
  const port = await program.port()
  const silent = await RawClient.connect({ host: '127.0.0.1', port })
  await until(
    async () => !(await accepts(port)),
    () => 'the listener did not close',
  )
  program.kill('SIGTERM')
  const { stdout, ...ending } = await program.ended
  expect(lines(stdout)).toEqual(said)
  expect(ending).toEqual({ ...BY_ITSELF, stderr: '' })
  silent.destroy()
})

test('a program that watches its server itself ends by itself, and its listeners are not called', async () => {
  const core = import.meta.resolve('@idle-shutdown/core')
  const program = preloaded(
    `import { createServer } from 'node:http'
    import { idleShutdown } from ${JSON.stringify(core)}
    const server = createServer().listen(0)
    const idle = idleShutdown(server, { patience: '300ms' })
    process.on('SIGTERM', () => console.log('listener'))
    idle.closed.then(() => console.log('own end'))`,
    FORCE,
  )
  const { stdout, ...ending } = await program.ended
  expect(lines(stdout)).toEqual(['own end'])
  expect(ending).toMatchObject(BY_ITSELF)
})

test('no listener is called while a server that the program watches itself listens', async () => {
  const core = import.meta.resolve('@idle-shutdown/core')
  const program = preloaded(
    `import { createServer } from 'node:http'
    import { idleShutdown } from ${JSON.stringify(core)}
    process.on('SIGTERM', () => console.log('listener'))
    const own = createServer((req, res) => res.end('still here')).listen(0, '127.0.0.1')
    idleShutdown(own, { patience: '1h' })
    own.once('listening', () => console.log('http ' + own.address().port))
    createServer().listen(0).on('close', () => setTimeout(() => console.log('closed before'), 500))`,
    UNUSED,
  )
  await program.printed(/closed before/)
  expect(await getText(await program.port())).toBe('still here')
  expect(program.stdout).not.toContain('listener')
  program.kill('SIGKILL')
})

describe.concurrent('run', () => {
  const SHORT = { idle: { IDLE_PATIENCE: '300ms', IDLE_STARTUP_PATIENCE: '20s', IDLE_GRACE: '20s' } }
  const commands = {
    'as a direct child': (kind: string) => program('shutdown.js', kind),
    'behind a shell': (kind: string): [string, ...string[]] => [
      'sh',
      '-c',
      `'${program('shutdown.js', kind).join("' '")}'; exit $?`,
    ],
  }
  const headers = { connection: 'close' }

  test.each(
    Object.entries(commands).flatMap(([how, command]) =>
      ['closes', 'raises', 'code 143'].map((kind) => [kind, how, command(kind)] as const),
    ),
  )('%s, %s: has ended idle, and the next request starts the program again', async (_kind, _how, command) => {
    const supervised = await SupervisorProcess.start(command, SHORT)
    const ask = async (): Promise<string> => (await fetch(supervised.url(), { headers })).text()
    const first = await ask()
    await supervised.event('ended')
    expect(await ask()).not.toBe(first)
    await supervised.event('ended', 2)
    expect(supervised.events.map(({ event }) => event)).toEqual([
      'listening',
      ...Array.from({ length: 2 }, () => ['starting', 'ready', 'idle', 'ended']).flat(),
    ])
    expect(supervised.stdout.match(/^exit/gm)).toHaveLength(2)
  })

  test('the listeners run after the last answer and the callbacks of beforeEnd, and the next request starts the program again', async () => {
    const idle = { ...SHORT.idle, IDLE_STREAMS: 'ignore' }
    const supervised = await SupervisorProcess.start(program('shutdown.js', 'flushes'), { idle })
    const ask = async (): Promise<string> => (await fetch(supervised.url('/stream'), { headers })).text()
    expect(await ask()).toBe('event\n')
    await supervised.event('ended')
    expect(await ask()).toBe('event\n')
    await supervised.event('ended', 2)
    expect(lines(supervised.stdout).filter((line) => !line.startsWith('{'))).toEqual([...WHOLE_ORDER, ...WHOLE_ORDER])
  })

  test('a client that connects while the listeners run is served by the next process', async () => {
    const supervised = await SupervisorProcess.start(program('shutdown.js', 'slowly'), SHORT)
    const first = await (await fetch(supervised.url(), { headers })).text()
    await supervised.printed(/SIGTERM 1/)
    expect(await (await fetch(supervised.url(), { headers })).text()).not.toBe(first)
    expect(supervised.count('killed')).toBe(0)
    expect(supervised.lines).toContain('done')
  })

  test.each(Object.entries(commands))('listeners have the grace, and not 5 s, %s', async (_, command) => {
    const supervised = await SupervisorProcess.start(command('for long'), SHORT)
    await (await fetch(supervised.url(), { headers })).text()
    await supervised.event('ended')
    expect(supervised.lines).toContain('done')
    expect(supervised.count('killed')).toBe(0)
  })

  test('a supervisor that is stopped meanwhile lets the listeners finish', async () => {
    const supervised = await SupervisorProcess.start(program('shutdown.js', 'slowly, once'), SHORT)
    await (await fetch(supervised.url(), { headers })).text()
    await supervised.printed(/SIGTERM 1/)
    supervised.kill('SIGTERM')
    expect(await supervised.ended).toMatchObject({ code: 0 })
    expect(supervised.lines).toContain('done')
    expect(supervised.count('killed')).toBe(0)
  })

  test('the listeners run when the supervisor is killed', async () => {
    const supervised = await SupervisorProcess.start(program('shutdown.js', 'closes'), { idle: { IDLE_GRACE: '20s' } })
    await (await fetch(supervised.url(), { headers })).text()
    supervised.kill('SIGKILL')
    const { stdout } = await supervised.ended
    expect(lines(stdout).slice(-4)).toEqual(['closed', 'listener SIGTERM 15', 'called back undefined', 'exit 0'])
  })
})
