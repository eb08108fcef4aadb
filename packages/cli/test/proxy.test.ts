import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { Socket } from 'node:net'
import { freePort, Program, RawClient } from '@idle-shutdown/testing'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { Watcher } from '../src/run/command/watcher.ts'
import { CommandRun } from '../src/run/command-run.ts'
import { ConnectionRouter } from '../src/run/connections/connection-router.ts'
import type { RunOptions } from '../src/run/run-options.ts'
import { readSettings } from '../src/settings.ts'
import { routerEvents } from './router-events.ts'
import { SupervisorProcess } from './supervisor.ts'

vi.setConfig({ testTimeout: 60_000 })

const SHORT = { idle: { IDLE_PATIENCE: '300ms' } }
const others: Server[] = []
afterAll(() => {
  for (const server of others) server.close()
})

/**
 * A program that answers with its process id at `host` and `port` once it has the whole request. `/down` closes its
 * port, and SIGUSR2 opens the port again.
 */
function binds(port: number, host = '127.0.0.1'): [string, ...string[]] {
  const code = `
    const server = require('node:http').createServer((req, res) => {
      res.setHeader('connection', 'close')
      req.on('end', () => res.end(String(process.pid))).resume()
      if (req.url === '/down') {
        server.close()
        res.flushHeaders()
      }
    })
    const open = () => server.listen(${port}, '${host}')
    process.on('SIGUSR2', open)
    setInterval(() => {}, 60_000)
    open()`
  return [process.execPath, '-e', code]
}

async function proxied(options: Partial<RunOptions> = {}, host?: string): Promise<[SupervisorProcess, number]> {
  const proxy = await freePort()
  return [await SupervisorProcess.start(binds(proxy, host), { ...SHORT, proxy, backoff: 20, ...options }), proxy]
}

async function ask(url: string): Promise<{ status: number; body: string }> {
  const response = await fetch(url)
  return { status: response.status, body: await response.text() }
}

/** Listens at a port in this process, which is another process of the same user. */
async function occupy(port: number, host = '127.0.0.1'): Promise<IncomingMessage[]> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    response.end('stranger')
  })
  others.push(server)
  await once(server.listen(port, host), 'listening')
  return requests
}

/** Returns the CPU time (ms) that a process has used. */
function cpu(pid: number): number {
  const [user = 0, system = 0] =
    readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13) ?? []
  return (Number(user) + Number(system)) * 10
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a command that was ready in time is not killed later', async () => {
  const port = await freePort()
  await occupy(port)
  const router = new ConnectionRouter(10, 1, routerEvents())
  router.accept(new Socket(), 0)
  const events: string[] = []
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    let ready = (): void => {}
    const isReady = new Promise<void>((resolve) => {
      ready = resolve
    })
    const run = new CommandRun({
      command: { program: 'sleep', args: ['600'], env: process.env, cwd: '.', stdout: 'inherit' },
      settings: readSettings({}),
      held: { supervisor: process.pid, directory: '.', control: '', addresses: [] },
      proxy: port,
      readyTimeout: 60_000,
      router,
      watcher: new Watcher(),
      start: 1,
      emit: ({ event }) => {
        events.push(event)
        if (event === 'ready') ready()
      },
    })
    await isReady
    vi.advanceTimersByTime(120_000)
    expect(events).toEqual(['starting', 'ready'])
    run.kill()
    vi.useRealTimers()
    await run.ended
  } finally {
    vi.useRealTimers()
  }
})

describe.concurrent('--proxy', () => {
  test('reaches a server that listens on ::1 only', async ({ expect }) => {
    const [supervised] = await proxied({}, '::1')
    expect(await ask(supervised.url())).toMatchObject({ status: 200 })
    await supervised.event('ended')
    expect(await ask(supervised.url())).toMatchObject({ status: 200 })
  })

  test.skipIf(process.platform !== 'linux')(
    'a closed port is tried with pauses, and a client that waits for it does not keep the command awake',
    async ({ expect }) => {
      const [supervised] = await proxied({ idle: { IDLE_PATIENCE: '2s' } })
      const address = { host: '127.0.0.1', port: supervised.ports[0] ?? 0 }
      // The upload keeps the command awake until the other client waits.
      const upload = await RawClient.connect(address)
      await upload.send('POST /down HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
      await upload.until('200 OK')
      const client = await RawClient.connect(address)
      await client.get('/')
      const waiting = async (): Promise<number> => {
        await upload.send('1\r\n.\r\n')
        return (await supervised.status()).waiting
      }
      await expect.poll(waiting, { timeout: 20_000 }).toBe(1)
      const before = cpu(supervised.pid ?? 0)
      const begun = performance.now()
      await upload.send('0\r\n\r\n')
      await supervised.event('idle')
      expect(cpu(supervised.pid ?? 0) - before).toBeLessThan((performance.now() - begun) / 3)
      // The next run of the command answers.
      await client.until('200 OK')
      expect(supervised.count('crashed')).toBe(0)
      client.destroy()
    },
  )

  test('a port that opens again is piped to', async ({ expect }) => {
    const [supervised] = await proxied({ idle: { IDLE_PATIENCE: '1h' } })
    const { body: pid } = await ask(supervised.url('/down'))
    const waits = ask(supervised.url())
    await expect.poll(async () => (await supervised.status()).waiting, { timeout: 20_000 }).toBe(1)
    process.kill(Number(pid), 'SIGUSR2')
    expect(await waits).toEqual({ status: 200, body: pid })
    expect((await supervised.status()).starts).toBe(1)
  })

  test.each(['127.0.0.1', '0.0.0.0', '::1', '::'])('another process at the port, on %s, gets nothing', async (host) => {
    const [supervised, proxy] = await proxied({ maxFailures: 2 })
    const requests = await occupy(proxy, host)
    expect(await ask(supervised.url())).toEqual({
      status: 502,
      body: expect.stringContaining('The program cannot be started.'),
    })
    const why = `port ${proxy} is in use by another process`
    await supervised.event('gave-up')
    expect(supervised.events.filter(({ event }) => event === 'crashed')).toMatchObject([{ why }, { why }])
    expect({ requests, starts: supervised.count('starting') }).toEqual({ requests: [], starts: 0 })
  })

  test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
    'another user that takes the port while the command runs gets nothing',
    async ({ expect }) => {
      const [supervised, proxy] = await proxied({ idle: { IDLE_PATIENCE: '1h' }, readyTimeout: 5000, maxFailures: 1 })
      await ask(supervised.url('/down'))
      const code = `require('node:http').createServer((req, res) => console.log('stolen ' + res.end('stranger').req.url))
        .listen(${proxy}, '127.0.0.1', () => console.log('listens'))`
      await using stranger = new Program(['-e', code], { cwd: '/', user: 65_534 })
      await stranger.printed(/listens/)
      expect(await ask(supervised.url())).toMatchObject({ status: 502 })
      expect(stranger.stdout).not.toContain('stolen')
      const hints = supervised.events.flatMap((event) => (event.event === 'hint' ? [event.hint] : []))
      expect(hints).toContainEqual(expect.stringContaining('by another process'))
    },
  )

  test.skipIf(process.platform === 'win32')(
    'a process that the command started and left does not hold the port any longer',
    async ({ expect }) => {
      const proxy = await freePort()
      const command = binds(proxy).map((word) => `'${word.replaceAll("'", '"')}'`)
      const supervised = await SupervisorProcess.start(['sh', '-c', `${command.join(' ')} & wait`], { ...SHORT, proxy })
      const first = await ask(supervised.url())
      await supervised.event('ended')
      const second = await ask(supervised.url())
      expect([first.status, second.status]).toEqual([200, 200])
      expect(supervised.events.filter(({ event }) => event === 'crashed')).toEqual([])
      expect(second.body).not.toBe(first.body)
    },
  )

  test.skipIf(process.platform === 'win32')('the command ends when the supervisor is killed', async ({ expect }) => {
    const [supervised] = await proxied({ idle: { IDLE_PATIENCE: '1h' } })
    const { body: pid } = await ask(supervised.url())
    supervised.kill('SIGKILL')
    await expect.poll(() => isAlive(Number(pid)), { timeout: 10_000 }).toBe(false)
  })

  test.skipIf(process.platform === 'win32')(
    'a command that ignores SIGTERM is killed after the grace when the supervisor is killed',
    async ({ expect }) => {
      const proxy = await freePort()
      const [node, flag, code = ''] = binds(proxy)
      const supervised = await SupervisorProcess.start([node, flag ?? '', `process.on('SIGTERM', () => {});${code}`], {
        proxy,
        idle: { IDLE_GRACE: '0' },
      })
      const { body: pid } = await ask(supervised.url())
      supervised.kill('SIGKILL')
      await expect.poll(() => isAlive(Number(pid)), { timeout: 20_000 }).toBe(false)
    },
  )
})

test.skipIf(process.platform === 'win32')('a command that is not Node ends when the supervisor is killed', async () => {
  const supervised = await SupervisorProcess.start(['sh', '-c', 'sleep 600 & echo "pid $!"; wait'], {
    idle: { IDLE_GRACE: '0' },
  })
  const client = await RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })
  await supervised.event('starting')
  const [, pid] = await supervised.printed(/^pid (\d+)/m)
  supervised.kill('SIGKILL')
  await expect.poll(() => isAlive(Number(pid)), { timeout: 20_000 }).toBe(false)
  client.destroy()
})

describe.concurrent('a command that does not listen on a held address', () => {
  test('gets a hint with its actual port before it is killed', async ({ expect }) => {
    const code =
      "require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port) })"
    const supervised = await SupervisorProcess.start([process.execPath, '-e', code], {
      readyTimeout: 6000,
      maxFailures: 1,
    })
    const asked = ask(supervised.url())
    const port = await supervised.port('port')
    const linux = process.platform === 'linux'
    expect(await supervised.event('hint')).toEqual({
      event: 'hint',
      hint: `${linux ? `it listens on port ${port}, and not` : 'it has not listened'} on a held address; a program that is not Node needs --proxy PORT`,
    })
    expect((await supervised.event('killed')).why).toBe(
      `it did not listen within 6 s${linux ? ` on a held address, but on port ${port}` : ''}`,
    )
    expect((await asked).status).toBe(502)
  })

  test('a hint names a script that does not exist at the start', async ({ expect }) => {
    const supervised = await SupervisorProcess.start([process.execPath, 'no-such-script.js'])
    expect(await supervised.event('hint')).toMatchObject({
      hint: 'there is no file no-such-script.js: node will not find it',
    })
  })
})
