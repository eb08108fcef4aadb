import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePort, makeTempFolder, Program } from '@idle-shutdown/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMAND, callHere } from './command.ts'
import { program } from './supervisor.ts'

const temp = makeTempFolder(afterAll)

describe('an error of the system prints one sentence, with exit code 1', () => {
  const taken = createServer()
  let port = ''
  beforeAll(async () => {
    await once(taken.listen(0, '127.0.0.1'), 'listening')
    const address = taken.address()
    port = typeof address === 'object' && address !== null ? String(address.port) : ''
  })
  afterAll(() => taken.close())

  const refused = async (args: readonly string[]) => {
    const called = await callHere(['run', ...args])
    expect(called).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^idle-shutdown: [^\n]+\n$/) })
    return called.stderr
  }

  test('a port in use', async () => {
    expect(await refused(['--listen', `127.0.0.1:${port}`, 'node', 'x.js'])).toContain(
      `the address 127.0.0.1:${port} is in use (EADDRINUSE)`,
    )
  })

  test('a port in use for the status page', async () => {
    const listen = String(await freePort())
    expect(await refused(['--listen', listen, '--status', port, 'node', 'x.js'])).toContain('is in use (EADDRINUSE)')
  })

  test('a command that is not found', async () => {
    const listen = String(await freePort())
    expect(await refused(['--listen', listen, 'no-such-command'])).toContain('no-such-command in PATH (ENOENT)')
    expect(await refused(['--listen', listen, './no-such-file'])).toContain('no file ./no-such-file (ENOENT)')
  })

  test.skipIf(process.platform === 'win32')('a file that is not executable, and a folder that is a file', async () => {
    const listen = String(await freePort())
    const file = join(temp, 'plain.js')
    writeFileSync(file, '')
    chmodSync(file, 0o644)
    expect(await refused(['--listen', listen, file])).toContain('not executable')
    expect(await refused(['--listen', listen, '--cwd', file, 'node'])).toContain('"--cwd" must be an existing folder')
  })

  test('an address of another machine', async () => {
    expect(await refused(['--listen', `192.0.2.1:${port}`, 'node', 'x.js'])).toContain('EADDRNOTAVAIL')
  })
})

describe('run', () => {
  const start = (port: number, options: readonly string[], command: readonly string[] = program('answer.js')) =>
    new Program([COMMAND, 'run', '--listen', `127.0.0.1:${port}`, '--patience', '300ms', ...options, '--', ...command])

  test('--json: every event is a line of stdout, and what the command prints is on stderr', async () => {
    const port = await freePort()
    const script = join(temp, 'talks.mjs')
    writeFileSync(
      script,
      `import { createServer } from 'node:http'
      console.log('I start, and GREETING is ' + process.env.GREETING)
      createServer((_, res) => res.end('Hello')).listen(${port})`,
    )
    const run = start(port, ['--json', '--env', 'GREETING=Hi'], [process.execPath, script])
    await run.printed(/"event":"listening"/)
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('Hello')
    await run.printed(/"event":"ended"/)
    run.kill('SIGTERM')
    const { code, stdout, stderr } = await run.ended
    expect(code).toBe(0)
    expect(stderr).toContain('I start, and GREETING is Hi')
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.map(({ event }) => event)).toEqual([
      'listening',
      'starting',
      'ready',
      'idle',
      'ended',
      'stopping',
      'stopped',
    ])
    for (const { time } of events) expect(Date.parse(time)).toBeGreaterThan(0)
  })

  test('the lines have the cold start of each wake-up', async () => {
    const port = await freePort()
    const run = start(port, [])
    await run.printed(/holds 127.0.0.1:\d+; the first connection starts the command/, 'stderr')
    for (const count of [1, 2]) {
      await (await fetch(`http://127.0.0.1:${port}/`)).text()
      await run.printed(
        new RegExp(`(awake after [\\d.]+ m?s \\(cold start\\)[^]*asleep; the command ran [^]*){${count}}`),
        'stderr',
      )
    }
    run.kill('SIGINT')
    expect(await run.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('idle-shutdown: stopped') })
  })

  test.skipIf(process.platform === 'win32')(
    'a request in progress is answered on SIGHUP, as when a terminal closes',
    async () => {
      const port = await freePort()
      const run = start(port, [])
      await run.printed(/holds/, 'stderr')
      const answer = fetch(`http://127.0.0.1:${port}/slow?500`)
      await run.printed(/got \/slow/, 'stderr')
      run.kill('SIGHUP')
      expect((await answer).status).toBe(200)
      expect((await run.ended).code).toBe(0)
    },
  )

  test('--quiet prints failures only', async () => {
    const port = await freePort()
    const run = start(port, ['--quiet', '--ready-timeout', '10s'], [process.execPath, '-e', 'process.exit(3)'])
    // The command prints no event when it listens, so the port is polled.
    let response: Response | undefined
    while (response === undefined) response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
    expect(response.status).toBe(502)
    run.kill('SIGTERM')
    const { code, stderr } = await run.ended
    expect(code).toBe(0)
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/^idle-shutdown: (\w+).*/, '$1')),
    ).toEqual(['failed', 'failed', 'failed', 'failed', 'failed', 'gave'])
  })

  test('--status prints its address, also with a port that the system chose', async () => {
    const json = start(await freePort(), ['--json', '--status', '0'])
    const [, line = ''] = await json.printed(/^({.*"event":"status".*})$/m)
    const { address, url } = JSON.parse(line)
    expect(address).toEqual({ host: '127.0.0.1', port: expect.any(Number) })
    expect(url).toBe(`http://127.0.0.1:${address.port}/`)
    expect((await fetch(url)).status).toBe(200)
    const lines = start(await freePort(), ['--status', '0'])
    const [, page = ''] = await lines.printed(/^idle-shutdown: status page at (http:.*)$/m, 'stderr')
    expect((await fetch(page)).status).toBe(200)
    for (const { child } of [json, lines]) child.kill('SIGTERM')
    await Promise.all([json.ended, lines.ended])
  })

  test('--status shows the current state, and does not keep the command awake', async () => {
    const [port, status] = [await freePort(), await freePort()]
    const run = start(port, ['--json', '--status', String(status)])
    await run.printed(/"event":"listening"/)
    const look = async () => (await fetch(`http://127.0.0.1:${status}/status.json`)).json()
    expect(await look()).toMatchObject({ state: 'asleep', starts: 0, listen: [`127.0.0.1:${port}`] })
    await (await fetch(`http://127.0.0.1:${port}/`)).text()
    expect(await look()).toMatchObject({ starts: 1, connections: 1, idle: { patience: 300 } })
    // The page is polled until the command sleeps.
    let report = await look()
    while (report.state !== 'asleep') report = await look()
    expect(report).toMatchObject({ starts: 1, pid: null, countdown: null, lastColdStart: expect.any(Number) })
    run.kill('SIGTERM')
    expect((await run.ended).code).toBe(0)
    await expect(look()).rejects.toThrow()
  })
})
