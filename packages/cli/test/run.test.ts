import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { Agent, request } from 'node:http'
import module from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Http2Client, KeepAliveClient, makeTempFolder, RawClient } from '@idle-shutdown/testing'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { RunOptions } from '../src/run/run-options.ts'
import { program, SupervisorProcess } from './supervisor.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const SHORT = { idle: { IDLE_PATIENCE: '200ms', IDLE_STARTUP_PATIENCE: '20s' } }
const agents = new Set<Agent>()
afterAll(() => {
  for (const agent of agents) agent.destroy()
})

interface Answer {
  readonly status: number
  readonly body: string
  readonly pid?: number
  readonly path?: string
  readonly port?: string
  readonly from?: string
}

async function ask(url: string, agent: Agent | false = false): Promise<Answer> {
  const asked = request(url, { agent })
  asked.end()
  const [response] = await once(asked, 'response')
  const body = await text(response)
  return { status: response.statusCode, body, ...(body.startsWith('{') ? JSON.parse(body) : {}) }
}

function keepAlive(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  agents.add(agent)
  return agent
}

describe.concurrent('run', () => {
  test('the first connection starts the command, which ends when it is idle, and the next connection starts it again', async () => {
    const supervised = await SupervisorProcess.start(program('answer.js'), SHORT)
    expect(supervised.count('starting')).toBe(0)
    const first = await ask(supervised.url('/one'))
    expect(first).toMatchObject({ status: 200, path: '/one', from: '127.0.0.1', port: String(supervised.ports[0]) })
    await supervised.event('ended')
    expect((await ask(supervised.url('/two'))).pid).not.toBe(first.pid)
    await supervised.event('ended', 2)
    expect(supervised.events.map(({ event }) => event)).toEqual([
      'listening',
      ...Array.from({ length: 2 }, () => ['starting', 'ready', 'idle', 'ended']).flat(),
    ])
  })

  test('one program serves two addresses, which are idle together', async () => {
    const supervised = await SupervisorProcess.start((ports) => program('answer.js', ...ports), SHORT, 2)
    const [one, two] = await Promise.all([ask(supervised.url('/', 0)), ask(supervised.url('/', 1))])
    expect([one.port, two.port]).toEqual(supervised.ports.map(String))
    expect(one.pid).toBe(two.pid)
    await supervised.event('ended')
    expect(supervised.count('starting')).toBe(1)
  })

  test("a program behind a shell is served over a private path, and reads the client's address", async () => {
    const [node, file] = program('answer.js')
    const supervised = await SupervisorProcess.start(['sh', '-c', `'${node}' '${file}'; exit 0`], SHORT)
    expect(await ask(supervised.url('/'))).toMatchObject({ status: 200, from: '127.0.0.1' })
    await supervised.event('ended')
    expect(await ask(supervised.url('/'))).toMatchObject({ status: 200 })
    await supervised.event('ended', 2)
  })

  test('a kept-alive connection outlives the command, and starts the next one', async () => {
    const supervised = await SupervisorProcess.start(program('answer.js'), SHORT)
    const client = await RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })
    await client.get('/1')
    const first = await client.until('}')
    await supervised.event('ended')
    await client.get('/2')
    const second = await client.until('}')
    expect(second).toContain('"path":"/2"')
    expect(/"pid":\d+/.exec(second)?.[0]).not.toBe(/"pid":\d+/.exec(first)?.[0])
    // A request in pieces, with a pipelined one after it.
    await supervised.event('ended', 2)
    await client.send('GET /3 HTTP/1.1\r\nHost: x')
    await supervised.event('ready', 3)
    await client.send('\r\n\r\nGET /4 HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await client.until('"path":"/4"')).toContain('"path":"/3"')
    // A client that has sent two requests at once is kept like any other.
    await supervised.event('ended', 3)
    await client.get('/5')
    await client.until('"path":"/5"')
    client.destroy()
  })

  test('behind a shell as well', async () => {
    const [node, file] = program('answer.js')
    const supervised = await SupervisorProcess.start(['sh', '-c', `'${node}' '${file}'; exit 0`], SHORT)
    const client = await RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })
    await client.get('/1')
    await client.until('"path":"/1"')
    await supervised.event('ended')
    await client.get('/2', '/3')
    expect(await client.until('"path":"/3"')).toContain('"path":"/2"')
    // Given back once more, with more than its first bytes.
    await supervised.event('ended', 2)
    await client.send('GET /4 HTTP/1.1\r\n')
    await supervised.event('ready', 3)
    await client.send('Host: x\r\n\r\n')
    await client.until('"path":"/4"')
    await client.get('/5')
    await client.until('"path":"/5"')
    client.destroy()
  })

  test.each([
    ['given as sockets', program('answer.js')],
    ['piped', ['sh', '-c', `'${program('answer.js').join("' '")}'; exit 0`]],
  ] satisfies [string, RunOptions['command']][])(
    '50 kept-alive connections outlive the command, %s',
    async (_, command) => {
      // More connections than go back in one turn: handles leave one by one.
      const supervised = await SupervisorProcess.start(command, { idle: { IDLE_PATIENCE: '1s' } })
      const clients = await Promise.all(
        Array.from({ length: 50 }, () => RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })),
      )
      for (const [run, path] of ['/1', '/2', '/3'].entries()) {
        await Promise.all(clients.map((client) => client.get(path)))
        await Promise.all(clients.map((client) => client.until(`"path":"${path}"`)))
        await supervised.event('ended', run + 1)
      }
      expect((await supervised.status()).connections).toBe(50)
      for (const client of clients) client.destroy()
    },
  )

  test('a new connection of https or h2c, which cannot be kept, wakes the command', async () => {
    const secure = await SupervisorProcess.start(program('odd.js', 'https'), SHORT)
    const plain = await SupervisorProcess.start(program('odd.js', 'h2c'), SHORT)
    for (const nth of [1, 2]) {
      const http = new KeepAliveClient({ host: '127.0.0.1', port: secure.ports[0] ?? 0 }, true)
      expect((await http.ask('/').answer).body).toBe('https')
      const http2 = new Http2Client({ host: '127.0.0.1', port: plain.ports[0] ?? 0 })
      expect((await http2.ask('/').answer).body).toBe('h2c')
      await Promise.all([secure.event('ended', nth), plain.event('ended', nth)])
      http.destroy()
      http2.destroy()
    }
  })

  test('an upgrade', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'upgrade'), SHORT)
    const client = await RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })
    await client.send('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
    await client.until('upgraded')
    await supervised.event('ended')
  })

  test('a program that uses the library ends by its own patience, and is started again', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'own'), { idle: { IDLE_PATIENCE: '1h' } })
    expect((await ask(supervised.url())).body).toBe('own')
    await supervised.event('ended')
    expect((await ask(supervised.url())).body).toBe('own')
    expect(supervised.count('crashed')).toBe(0)
  })

  test('a unix path replaces one that a killed process left', async ({ onTestFinished }) => {
    const path = join(makeTempFolder(onTestFinished), 'socket')
    const options = { ...SHORT, listen: [{ path }], env: { PORT: path } }
    const first = await SupervisorProcess.start(program('answer.js', path), options)
    first.kill('SIGKILL')
    await first.ended
    const supervised = await SupervisorProcess.start(program('answer.js', path), options)
    const client = await RawClient.connect({ path })
    await client.get('/unix')
    await client.until('"path":"/unix"')
    client.destroy()
    await supervised.event('ended')
    supervised.kill('SIGTERM')
    await supervised.ended
    expect(existsSync(path)).toBe(false)
  })

  test.skipIf(!('enableCompileCache' in module))('compiled code is cached for the next cold start', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'cache'), SHORT)
    expect((await ask(supervised.url())).body).toContain('node-compile-cache')
  })

  test('an agent that keeps its connections alive loses nothing', async () => {
    const supervised = await SupervisorProcess.start(program('answer.js'), SHORT)
    const agent = keepAlive()
    const first = await ask(supervised.url('/'), agent)
    await supervised.event('ended')
    const second = await ask(supervised.url('/'), agent)
    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.pid).not.toBe(first.pid)
    expect((await supervised.status()).connections).toBe(1)
  })

  test('a program that tries its port first, by listen() and by connect(), finds it free', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'tries'), SHORT)
    expect(await ask(supervised.url())).toMatchObject({ status: 200, body: 'tries' })
    await supervised.event('ended')
  })

  test('other listeners and timers of the program do not keep it alive', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'busy'), SHORT)
    await ask(supervised.url())
    await supervised.event('ended')
    expect(supervised.count('killed')).toBe(0)
  })

  test('a program that listens elsewhere takes the only held address', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'elsewhere'), SHORT)
    expect((await ask(supervised.url())).body).toBe('elsewhere')
  })

  test('a plain server gets its connections as if it had accepted them', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'half'), SHORT)
    const client = await RawClient.connect(
      { host: '127.0.0.1', port: supervised.ports[0] ?? 0 },
      { allowHalfOpen: true },
    )
    await client.send('words')
    client.halfClose()
    expect(await client.until('all of words')).toBe('all of words')
    expect(await client.ended).toEqual({ how: 'FIN' })
  })

  test('a worker thread and a cluster worker get a clear error', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'worker'), SHORT)
    void ask(supervised.url()).catch(() => {})
    await supervised.printed(/ERR_IDLE_CLUSTER_WORKER: A worker thread cannot serve/, 'stderr')
    const port = await SupervisorProcess.start((ports) => program('in-cluster.js', ...ports))
    void ask(port.url()).catch(() => {})
    await port.printed(/A cluster worker cannot serve/, 'stderr')
  })

  test('reports its idleness', async () => {
    const supervised = await SupervisorProcess.start(program('answer.js'), { idle: { IDLE_PATIENCE: '1h' } })
    expect(await supervised.status()).toMatchObject({ state: 'asleep', starts: 0 })
    const { pid } = await ask(supervised.url())
    // Has no answer, so it is in progress for the whole test.
    ask(supervised.url('/slow?3600000')).catch(() => {})
    await supervised.printed(/got \/slow/, 'stderr')
    expect(await supervised.status()).toMatchObject({
      state: 'awake',
      pid,
      starts: 1,
      connections: 2,
      coldStarts: [expect.any(Number)],
      idle: { active: 1, patience: 3_600_000, reasons: ['request GET /slow'] },
    })
  })
})

describe.concurrent('a command that fails', () => {
  const BACKOFF = { ...SHORT, backoff: 20 }

  test.each([
    ['fails', 3, 'it ended with code 3'],
    ['ends', 0, 'it ended with code 0 before it listened on a held address'],
  ])('a command that %s starts again with growing pauses, and then a page has the reason', async (kind, code, why) => {
    const supervised = await SupervisorProcess.start(program('odd.js', kind), { ...BACKOFF, maxFailures: 3 })
    const { status, body } = await ask(supervised.url())
    expect(status).toBe(502)
    expect(body).toContain(why)
    expect(supervised.events.filter(({ event }) => event === 'backoff')).toMatchObject([{ delay: 20 }, { delay: 40 }])
    expect(await supervised.event('crashed')).toMatchObject({ code, why })
    expect(await supervised.event('gave-up')).toMatchObject({ failures: 3, refused: 1 })
  })

  test('a command that never listens is killed after the ready timeout, which is a failure', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'hangs'), {
      ...BACKOFF,
      readyTimeout: 500,
      maxFailures: 1,
    })
    const { status, body } = await ask(supervised.url())
    expect(status).toBe(502)
    expect(body).toContain('it did not listen within 500 ms')
    expect(await supervised.event('killed')).toMatchObject({ signal: 'SIGKILL' })
  })

  test('a command that ends with 0 while connections wait starts again', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'leaves'), BACKOFF)
    const answers = await Promise.all(
      [ask(supervised.url()), ask(supervised.url())].map((asked) => asked.catch(() => 'lost')),
    )
    expect(answers.length).toBe(2)
    await supervised.event('ended')
    expect(supervised.count('crashed')).toBe(0)
  })

  test('a connection is answered with 503 when the queue is full', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'hangs'), { ...BACKOFF, maxQueue: 2 })
    const waiting = [1, 2].map(() => RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 }))
    await Promise.all(waiting)
    const { status, body } = await ask(supervised.url())
    expect({ status, body }).toEqual({ status: 503, body: expect.stringContaining('2 connections wait') })
    expect(await supervised.event('queue-full')).toEqual({ event: 'queue-full', maxQueue: 2 })
  })

  test('a command that has closed everything and does not end is killed, and the next one starts', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'lingers'), SHORT)
    await ask(supervised.url())
    expect(await supervised.event('killed')).toMatchObject({ why: 'it had closed everything, and did not end' })
    expect(await ask(supervised.url())).toMatchObject({ status: 200 })
    // A supervisor that is killed, as all are when the tests end, would leave this command running.
    supervised.kill('SIGTERM')
    await supervised.event('stopping')
    supervised.kill('SIGTERM')
    await supervised.ended
  })
})

describe.concurrent('start and stop', () => {
  test('rejects for a port in use, for a missing command and for one that is not executable', async () => {
    const first = await SupervisorProcess.start(program('answer.js'))
    const listen = [{ host: '127.0.0.1', port: first.ports[0] ?? 0 }]
    const failures = [
      { start: SupervisorProcess.start(program('answer.js'), { listen }), why: 'EADDRINUSE' },
      { start: SupervisorProcess.start(['no-such-command']), why: 'There is no command no-such-command in PATH' },
      { start: SupervisorProcess.start(['./no-such-file']), why: 'There is no file ./no-such-file' },
      { start: SupervisorProcess.start([import.meta.filename]), why: 'is not executable' },
    ]
    // Each supervisor ends by itself, because nothing is held.
    await Promise.all(failures.map(({ start, why }) => expect(start).rejects.toThrow(why)))
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('a request in progress is answered on %s, and both end', async (signal) => {
    const supervised = await SupervisorProcess.start(program('answer.js'))
    const answer = ask(supervised.url('/slow?400'))
    await supervised.printed(/got \/slow/, 'stderr')
    supervised.kill(signal)
    const { pid = 0 } = await answer
    expect(await supervised.ended).toMatchObject({ code: 0 })
    expect(supervised.events.slice(-2).map(({ event }) => event)).toEqual(['stopping', 'stopped'])
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  test('behind a shell as well', async () => {
    const [node, file] = program('answer.js')
    const supervised = await SupervisorProcess.start(['sh', '-c', `'${node}' '${file}'; exit 0`])
    const answer = ask(supervised.url('/slow?400'))
    await supervised.printed(/got \/slow/, 'stderr')
    supervised.kill('SIGTERM')
    expect(await answer).toMatchObject({ status: 200 })
    expect(await supervised.ended).toMatchObject({ code: 0 })
  })

  test('a command that ignores SIGTERM is killed after the grace', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'stubborn'), { idle: { IDLE_GRACE: '100ms' } })
    await ask(supervised.url())
    supervised.kill('SIGTERM')
    await supervised.ended
    expect(supervised.events.filter(({ event }) => event === 'killed').at(-1)).toMatchObject({ signal: 'SIGKILL' })
  })

  test('the command answers its requests and ends when the supervisor is killed', async ({ expect }) => {
    const supervised = await SupervisorProcess.start(program('answer.js'))
    const answer = ask(supervised.url('/slow?400'))
    await supervised.printed(/got \/slow/, 'stderr')
    supervised.kill('SIGKILL')
    const { pid = 0 } = await answer
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false)
  })
})

describe.concurrent('--proxy', () => {
  test('connections are piped to a port of the command, which ends when none is open', async () => {
    const own = await SupervisorProcess.start(['true'])
    own.kill('SIGTERM')
    await own.ended
    const port = own.ports[0] ?? 0
    const supervised = await SupervisorProcess.start(program('answer.js'), { ...SHORT, proxy: port })
    const first = await ask(supervised.url('/one'))
    expect(first).toMatchObject({ status: 200, path: '/one', port: String(port) })
    await supervised.event('ended')
    expect(await ask(supervised.url('/two'))).toMatchObject({ status: 200, path: '/two' })
    await supervised.event('idle', 2)
    expect(supervised.count('crashed')).toBe(0)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
