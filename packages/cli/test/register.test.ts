import { createRequire } from 'node:module'
import { getText, Http2Client, KeepAliveClient, Program, RawClient } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { preloaded, preloadedFile, REGISTER } from './preloaded.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const HTTP = `
  import { createServer } from 'node:http'
  const server = createServer((req, res) => {
    console.log('asked')
    setTimeout(() => res.end('Hello'), Number(req.url.slice(1)))
  })
  server.listen(0, '127.0.0.1', () => console.log('http ' + server.address().port))
`
const PROGRAM = import.meta.resolve('@idle-shutdown/testing')
/** A short patience after the first request, which may be late on a busy machine. */
const SHORT = { IDLE_PATIENCE: '150ms', IDLE_STARTUP_PATIENCE: '20s' }
const UNUSED = { IDLE_PATIENCE: '150ms' }
const BY_ITSELF = { code: 0, signal: null }

describe.concurrent('node --import idle-shutdown/register', () => {
  test('a server answers, and the process ends when it is idle, with one line', async () => {
    const program = preloaded(HTTP, SHORT)
    expect(await getText(await program.port())).toBe('Hello')
    const { stderr, ...ending } = await program.ended
    expect(ending).toMatchObject(BY_ITSELF)
    expect(stderr).toMatch(/^idle-shutdown: idle for 150 ms: closed in \d+ ms\n$/)
  })

  test('a process warning says that IDLE_PATIENCE without a unit is milliseconds', async () => {
    const { stderr, ...ending } = await preloaded(HTTP, { IDLE_PATIENCE: '150', IDLE_LOG: 'off' }).ended
    expect(ending).toMatchObject(BY_ITSELF)
    expect(stderr.match(/IDLE_SHORT_PATIENCE/g)).toHaveLength(1)
    expect(stderr).toContain(`"IDLE_PATIENCE" is 150 milliseconds`)
  })

  test('a request keeps the process awake, however long it takes', async () => {
    const program = preloaded(HTTP, SHORT)
    expect(await getText(await program.port(), '/500')).toBe('Hello')
    expect(await program.ended).toMatchObject(BY_ITSELF)
  })

  test.each([
    ['NODE_OPTIONS', ['--input-type=module', '--eval', HTTP], { NODE_OPTIONS: `--import ${REGISTER}` }],
    ['--require', ['--require', new URL(REGISTER).pathname, '--input-type=module', '--eval', HTTP], {}],
  ])('%s has the same effect', async (_, args, env) => {
    const program = new Program(args, { env: { ...SHORT, ...env, IDLE_LOG: 'off' } })
    expect(await getText(await program.port())).toBe('Hello')
    expect(await program.ended).toMatchObject({ ...BY_ITSELF, stderr: '' })
  })

  test('its name resolves', () => {
    const require = createRequire(import.meta.url)
    expect(new URL(REGISTER).pathname).toBe(require.resolve('idle-shutdown/register'))
  })

  test('http, http2 and net servers have one clock', async () => {
    const program = preloaded(
      `${HTTP}
      import { createServer as http2 } from 'node:http2'
      import { createServer as net } from 'node:net'
      const h2c = http2((req, res) => res.end('h2c'))
      h2c.listen(0, '127.0.0.1', () => console.log('h2c ' + h2c.address().port))
      const plain = net((socket) => socket.pipe(socket))
      plain.listen(0, '127.0.0.1', () => console.log('net ' + plain.address().port))`,
      SHORT,
    )
    const raw = await RawClient.connect({ host: '127.0.0.1', port: await program.port('net') })
    const h2c = new Http2Client({ host: '127.0.0.1', port: await program.port('h2c') })
    expect(await (await h2c.ask('/').answer).body).toBe('h2c')
    const port = await program.port()
    // Longer than the patience: the plain connection keeps all servers active.
    expect(await getText(port, '/400')).toBe('Hello')
    await raw.send('still here')
    await raw.until('still here')
    expect(await getText(port)).toBe('Hello')
    raw.destroy()
    expect(await program.ended).toMatchObject(BY_ITSELF)
    h2c.destroy()
  })

  test('https and h2 with TLS answer, keep the process awake, and are closed', async () => {
    const program = preloaded(
      `import { createServer } from 'node:https'
      import { createSecureServer } from 'node:http2'
      import { CERTIFICATE as cert, KEY as key } from ${JSON.stringify(PROGRAM)}
      const answer = (req, res) => setTimeout(() => res.end('Hello over ' + req.httpVersion), Number(req.url.slice(1)))
      const secure = createServer({ cert, key }, answer)
      secure.listen(0, '127.0.0.1', () => console.log('https ' + secure.address().port))
      const h2 = createSecureServer({ cert, key }, answer)
      h2.listen(0, '127.0.0.1', () => console.log('h2 ' + h2.address().port))`,
      { ...SHORT, IDLE_PATIENCE: '1s' },
    )
    const https = new KeepAliveClient({ host: '127.0.0.1', port: await program.port('https') }, true)
    const first = https.ask('/1500').answer
    const h2 = await Http2Client.connect({ host: '127.0.0.1', port: await program.port('h2') }, true)
    const second = h2.ask('/3000').answer
    // Longer than the patience: one request keeps both servers active, and then the other.
    expect((await first).body).toBe('Hello over 1.1')
    expect(await (await second).body).toBe('Hello over 2.0')
    // Neither client has hung up: the kept connection and the session are idle, and end with the program.
    expect(await program.ended).toMatchObject(BY_ITSELF)
    await Promise.all([h2.goaway, h2.ended])
    https.destroy()
  })

  test('health checks do not keep the process awake with IDLE_IGNORE', async () => {
    const program = preloaded(HTTP, { IDLE_PATIENCE: '3s', IDLE_IGNORE: '/0,user-agent:probe' })
    const port = await program.port()
    let asked = 0
    let gone = false
    void program.ended.then(() => {
      gone = true
    })
    while (!gone) {
      asked += await getText(port, '/0').then(
        () => 1,
        () => 0,
      )
    }
    expect(asked).toBeGreaterThan(0)
    expect(await program.ended).toMatchObject(BY_ITSELF)
  })

  test('servers on other ports are closed with the others with IDLE_PORTS', async () => {
    const metrics = `
      import { createServer as another } from 'node:http'
      const other = another((req, res) => res.end('metrics'))
      other.listen(0, '127.0.0.1', () => console.log('other ' + other.address().port))`
    // A port that is free now is most likely still free in a moment.
    const free = await preloaded(HTTP, { IDLE_PATIENCE: '1ms', IDLE_LOG: 'off' }).port()
    const program = preloaded(HTTP.replace('listen(0', `listen(${free}`) + metrics, {
      ...SHORT,
      IDLE_PORTS: String(free),
      IDLE_LOG: 'verbose',
    })
    const client = new KeepAliveClient({ host: '127.0.0.1', port: await program.port('other') })
    expect((await client.ask('/').answer).body).toBe('metrics')
    const held = await RawClient.connect({ host: '127.0.0.1', port: await program.port('other') })
    expect(await getText(free)).toBe('Hello')
    const { stderr, ...ending } = await program.ended
    expect(ending).toMatchObject(BY_ITSELF)
    expect(stderr).toContain(`port ${free}: counts`)
    expect(stderr).toContain('closed with the others')
    expect(await client.ended).toEqual({ how: 'FIN' })
    held.destroy()
  })

  test.skipIf(process.platform === 'win32')('the name of a path stays in its line with IDLE_LOG=verbose', async () => {
    const code = `
      import { createServer } from 'node:http'
      import { mkdtempSync } from 'node:fs'
      import { tmpdir } from 'node:os'
      import { join } from 'node:path'
      createServer().listen(join(mkdtempSync(join(tmpdir(), 'idle-')), 'a\\nidle for 1 s: closed\\u001b[2J'))`
    const program = preloaded(code, { IDLE_LOG: 'verbose' })
    const [line] = await program.printed(/^.*counts$/m, 'stderr')
    expect(line).toMatch(/^idle-shutdown: .*\/a\\nidle for 1 s: closed\\u001b\[2J: counts$/)
    program.kill('SIGTERM')
    await program.ended
  })

  test('a wrong setting ends the process at once, with one sentence', async () => {
    const program = preloaded(HTTP, { IDLE_PATIENCE: 'soon' })
    expect(await program.ended).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: expect.stringMatching(
        /^idle-shutdown: "IDLE_PATIENCE" must be a duration [^\n]+ Received 'soon'[^\n]+\n$/,
      ),
    })
  })

  test('a program that tries its port first is watched at its second listen()', async () => {
    const program = preloaded(
      `import { createServer as net } from 'node:net'
      const trial = net()
      await new Promise((resolve) => trial.listen(0, () => trial.close(resolve)))
      ${HTTP.replace('import', '//')}
      `.replace("// { createServer } from 'node:http'", "const { createServer } = await import('node:http')"),
      SHORT,
    )
    expect(await getText(await program.port())).toBe('Hello')
    expect(await program.ended).toMatchObject(BY_ITSELF)
  })
})

describe.concurrent('IDLE_EXIT', () => {
  const AWAKE = `${HTTP}; setInterval(() => {}, 60_000)`

  test('natural: other work keeps the process alive, and is named', async () => {
    const program = preloaded(AWAKE, UNUSED)
    await program.printed(/IDLE_STILL_RUNNING(.|\n)*Timeout/, 'stderr')
    program.kill('SIGKILL')
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL' })
  })

  test('force: the process is ended, after a line that names what kept it alive', async () => {
    const program = preloaded(AWAKE, { ...UNUSED, IDLE_EXIT: 'force' })
    const { stderr, ...ending } = await program.ended
    expect(ending).toMatchObject(BY_ITSELF)
    expect(stderr).toMatch(/ended by force, since something kept the process alive: .*1 Timeout/)
  })

  test('force: no line is printed when nothing else is alive', async () => {
    const { stderr } = await preloaded(HTTP, { ...UNUSED, IDLE_EXIT: 'force' }).ended
    expect(stderr).not.toContain('force')
  })
})

describe.concurrent('a program that uses the library itself', () => {
  const core = import.meta.resolve('@idle-shutdown/core')
  const own = (patience: string): string => `
    import { idleShutdown } from ${JSON.stringify(core)}
    ${HTTP}
    idleShutdown(server, { patience: '${patience}' }).closed.then(({ reason }) => console.log('own ' + reason.code))`

  test('its own patience decides, and it drains once', async () => {
    const program = preloaded(own('1s'), { IDLE_PATIENCE: '1h', IDLE_LOG: 'verbose' })
    expect(await getText(await program.port())).toBe('Hello')
    const { stderr, stdout, ...ending } = await program.ended
    expect(ending).toEqual(BY_ITSELF)
    expect(stdout).toContain('own ERR_IDLE_TIMEOUT')
    expect(stderr).toMatch(/^idle-shutdown: port \d+: watched by the program\n$/)
  })

  test('a shorter patience of the environment does not end it', async () => {
    const program = preloaded(own('1s'), { IDLE_PATIENCE: '50ms' })
    const port = await program.port()
    expect(await getText(port, '/100')).toBe('Hello')
    const { stderr, stdout } = await program.ended
    expect({ stderr, stdout }).toEqual({ stderr: '', stdout: expect.stringContaining('own ERR_IDLE_TIMEOUT') })
  })
})

describe.concurrent('SIGTERM and SIGINT', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'a request in progress is answered on %s, then the process ends with 0',
    async (signal) => {
      const program = preloaded(HTTP, { IDLE_LOG: 'off' })
      const answer = getText(await program.port(), '/300')
      await program.printed(/asked/)
      program.kill(signal)
      expect(await answer).toBe('Hello')
      expect(await program.ended).toMatchObject({ ...BY_ITSELF, stderr: '' })
    },
  )

  test('a second signal ends the process at once', async () => {
    const program = preloaded(HTTP, { IDLE_LOG: 'verbose' })
    const lost = getText(await program.port(), '/60000').catch(() => 'lost')
    await program.printed(/asked/)
    program.kill('SIGTERM')
    await program.printed(/SIGTERM: closing/, 'stderr')
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject({ code: null, signal: 'SIGTERM' })
    expect(await lost).toBe('lost')
  })

  test('the preload does nothing when the program has its own handler', async () => {
    const program = preloaded(`${HTTP}; process.once('SIGTERM', () => console.log('own handler'))`)
    const port = await program.port()
    program.kill('SIGTERM')
    await program.printed(/own handler/)
    expect(await getText(port)).toBe('Hello')
  })

  test('other work does not keep the process alive: the signal then has its default effect', async () => {
    const program = preloaded(`${HTTP}; setInterval(() => {}, 60_000)`)
    await program.port()
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject({ signal: 'SIGTERM' })
  })

  test('a listener of signal-exit does not count as a handler', async () => {
    // The handler of signal-exit 4, in short.
    const program = preloaded(`${HTTP}
      const emitter = (globalThis[Symbol.for('signal-exit emitter')] = { count: 1 })
      process.on('SIGTERM', () => process.listeners('SIGTERM').length === emitter.count && process.kill(process.pid))`)
    const answer = getText(await program.port(), '/300')
    await program.printed(/asked/)
    program.kill('SIGTERM')
    expect(await answer).toBe('Hello')
    expect(await program.ended).toMatchObject(BY_ITSELF)
  })

  test('a process without a server ends as without the preload', async () => {
    const program = preloaded(`setInterval(() => {}, 60_000); console.log('up')`)
    await program.printed(/up/)
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' })
  })
})

describe.concurrent('other processes and threads', () => {
  test('a child that inherits NODE_OPTIONS and has no server runs to its end', async () => {
    const child = "setTimeout(() => console.log('built'), 300)"
    const program = new Program(
      [
        '--input-type=module',
        '--eval',
        `import { spawn } from 'node:child_process'
        spawn(process.execPath, ['--eval', ${JSON.stringify(child)}], { stdio: 'inherit' })
        ${HTTP}`,
      ],
      { env: { NODE_OPTIONS: `--import ${REGISTER}`, IDLE_PATIENCE: '50ms' } },
    )
    const { stdout, ...ending } = await program.ended
    expect(stdout).toContain('built')
    expect(ending).toMatchObject(BY_ITSELF)
  })

  test('a server in a worker thread is not watched, and not closed', async () => {
    const program = preloadedFile('in-worker.js', { IDLE_PATIENCE: '50ms', IDLE_LOG: 'verbose' })
    const port = await program.port()
    expect(await getText(port)).toBe('Hello')
    expect(await getText(port)).toBe('Hello')
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject({ signal: 'SIGTERM', stderr: '' })
  })

  test('a cluster worker is not watched, and says so', async () => {
    const program = preloadedFile('in-cluster.js', { IDLE_PATIENCE: '50ms', IDLE_LOG: 'verbose' })
    await program.printed(/a cluster worker is not watched/, 'stderr')
    const port = await program.port()
    expect(await getText(port)).toBe('Hello')
    expect(await getText(port)).toBe('Hello')
  })
})
