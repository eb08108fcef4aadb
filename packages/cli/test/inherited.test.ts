import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePort, getText, Program, RawClient } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { preloaded, REGISTER } from './preloaded.ts'

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
/** A short patience after the first request, which may be late on a busy machine. */
const SHORT = { IDLE_PATIENCE: '150ms', IDLE_STARTUP_PATIENCE: '20s' }
const BY_ITSELF = { code: 0, signal: null }

describe.concurrent('sockets that systemd passes', () => {
  const PASS = join(import.meta.dirname, '../../activation/test/pass.pl')
  // Long enough for a second client on a busy machine.
  const env = { ...SHORT, IDLE_PATIENCE: '2s' }
  const passed = (sockets: readonly string[], code: string, more: NodeJS.ProcessEnv = {}, stdin = false): Program =>
    new Program([PASS, ...sockets, '--', process.execPath, '--import', REGISTER, '--input-type=module', '-e', code], {
      command: 'perl',
      env: { ...env, ...more },
      stdin,
    })
  const LISTEN = (port: number, body = 'Hello'): string => `
    import('node:http').then(({ createServer }) => createServer((req, res) => res.end('${body}'))
      .listen(${port}, function () { console.log('at ' + JSON.stringify(this.address())) }))`

  test('the only socket replaces any port, and is shown as the address', async () => {
    const program = passed(['tcp'], LISTEN(4322))
    const port = Number((await program.printed(/port (\d+)/))[1])
    expect(await getText(port)).toBe('Hello')
    expect(JSON.parse((await program.printed(/at (.*)/))[1] ?? '')).toMatchObject({ address: '127.0.0.1', port })
    expect(await program.ended).toMatchObject(BY_ITSELF)
  })

  test.for([false, true])(
    'the end waits when the patience is over before the socket is taken, in use: %s',
    async (inUse, { expect }) => {
      const wanted = await freePort()
      const other = createServer()
      if (inUse) await once(other.listen(wanted), 'listening')
      const program = passed(['tcp'], LISTEN(wanted), { IDLE_PATIENCE: '100ms', IDLE_STARTUP_PATIENCE: '100ms' })
      const port = Number((await program.printed(/port (\d+)/))[1])
      expect(await getText(port)).toBe('Hello')
      expect(await program.ended).toMatchObject(BY_ITSELF)
      other.close()
    },
  )

  test('several sockets are taken by name', async () => {
    const program = passed(['4323@tcp', '4324@tcp'], LISTEN(4324, 'two') + LISTEN(4323, 'one'))
    await program.printed(/at .*\n(.*\n)*at /)
    const [one = 0, two = 0] = [...program.stdout.matchAll(/^port (\d+)/gm)].map(([, port]) => Number(port))
    expect([await getText(one), await getText(two)]).toEqual(['one', 'two'])
    expect(await program.ended).toMatchObject(BY_ITSELF)
  })

  test('one line names a socket that no server takes when a client waits there', async () => {
    const program = passed(['4326@tcp', 'other@tcp'], LISTEN(4326), { IDLE_PATIENCE: '20s' })
    await program.printed(/at /)
    const [port = 0, other = 0] = [...program.stdout.matchAll(/^port (\d+)/gm)].map(([, port]) => Number(port))
    const waiting = await RawClient.connect({ host: '127.0.0.1', port: other })
    const second = await RawClient.connect({ host: '127.0.0.1', port: other })
    expect(await getText(port)).toBe('Hello')
    await program.printed(
      /^idle-shutdown: no server listens on the inherited socket 'other' \(port \d+\)[^\n]*\n/m,
      'stderr',
    )
    program.kill('SIGTERM')
    const { stderr } = await program.ended
    expect(stderr.match(/no server listens/g)).toHaveLength(1)
    waiting.destroy()
    second.destroy()
  })

  const LEFT = `['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'].filter((name) => name in process.env).length`

  test('children do not inherit their variables, and the program itself still finds them', async () => {
    const program = passed(
      ['tcp'],
      `const { execFileSync, fork } = await import('node:child_process')
      console.log('left ' + ${LEFT})
      console.log('child ' + execFileSync(process.execPath, ['-p', ${JSON.stringify(LEFT)}]))
      console.log('another ' + execFileSync(process.execPath, ['-p', ${JSON.stringify(LEFT)}], { env: { ...process.env, ADDED: '1' } }))
      process.env.LISTEN_FDS = '0'
      console.log('changed ' + process.env.LISTEN_FDS)`,
    )
    await program.printed(/left 3\nchild 0\n\nanother 0\n\nchanged 0/)
  })

  test('a program serves them by its own code, also beside a server on another port', async () => {
    const program = passed(
      ['tcp', 'tcp'],
      `const { createServer } = await import('node:http')
      const { once } = await import('node:events')
      const say = (body) => createServer((req, res) => res.end(body))
      await once(say('metrics').listen(0, '127.0.0.1'), 'listening')
      await once(say('other').listen(4327, '127.0.0.1'), 'listening')
      if (Number(process.env.LISTEN_PID) !== process.pid || process.env.LISTEN_FDS !== '2') process.exit(9)
      await Promise.all([3, 4].map((fd) => once(say('fd ' + fd).listen({ fd }), 'listening')))
      console.log('at')`,
      { IDLE_PATIENCE: '500ms' },
    )
    await program.printed(/at\n/)
    const [three = 0, four = 0] = [...program.stdout.matchAll(/^port (\d+)/gm)].map(([, port]) => Number(port))
    expect([await getText(three), await getText(four), await getText(4327)]).toEqual(['fd 3', 'fd 4', 'other'])
    expect(await program.ended).toMatchObject(BY_ITSELF)
  })

  test('a server on another port that listens first keeps it, and the server on the inherited port takes the socket', async () => {
    const program = passed(
      ['tcp'],
      `const { createServer } = await import('node:http')
      const say = (body) => createServer((req, res) => res.end(body))
      process.stdin.once('data', (port) => say('site').listen(Number(port), '127.0.0.1', () => console.log('at')))
      say('metrics').listen(4328, () => console.log('first'))`,
      { IDLE_PATIENCE: '1h' },
      true,
    )
    const port = Number((await program.printed(/port (\d+)/))[1])
    await program.printed(/first/)
    program.child.stdin?.end(String(port))
    await program.printed(/at\n/)
    expect([await getText(port), await getText(4328)]).toEqual(['site', 'metrics'])
  })

  test('one server takes all sockets of a name, closes and listens again', async () => {
    const program = passed(
      ['4329@tcp', '4329@tcp'],
      `const { createServer } = await import('node:http')
      const server = createServer((req, res) => {
        res.setHeader('connection', 'close').end('run ' + run)
        if (req.url === '/again') server.close(listen)
      })
      let run = 0
      const listen = () => server.listen(4329, () => console.log('at ' + ++run))
      listen()`,
    )
    await program.printed(/at 1/)
    const [one = 0, two = 0] = [...program.stdout.matchAll(/^port (\d+)/gm)].map(([, port]) => Number(port))
    expect([await getText(one), await getText(two, '/again')]).toEqual(['run 1', 'run 1'])
    await program.printed(/at 2/)
    expect([await getText(two), await getText(one)]).toEqual(['run 2', 'run 2'])
    expect(await program.ended).toMatchObject(BY_ITSELF)
  })

  test('one line names sockets of another process, and the program listens on its own port', async () => {
    const program = preloaded(HTTP, { ...SHORT, LISTEN_FDS: '1', LISTEN_PID: '1' })
    expect(await getText(await program.port())).toBe('Hello')
    const { stderr, ...ending } = await program.ended
    expect(ending).toMatchObject(BY_ITSELF)
    expect(stderr).not.toContain('LISTEN_PID')
    const other = preloaded(HTTP.replace('listen(0', 'listen(4325'), {
      ...SHORT,
      LISTEN_FDS: '1',
      LISTEN_PID: '1',
    })
    expect(await getText(await other.port())).toBe('Hello')
    expect((await other.ended).stderr).toMatch(
      /^idle-shutdown: "LISTEN_PID" must be \d+, the id of this process\. Received '1'/,
    )
  })
})
