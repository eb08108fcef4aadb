import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Runner } from '../dist/run/runner.js'
import type { RunStatus } from '../src/run/run-status.ts'
import { program, SupervisorProcess } from './supervisor.ts'

const ANSWER = join(import.meta.dirname, 'programs/answer.js')
/** Starts a process for each port, and listens on none itself. */
const SEVERAL = `
  import { spawn } from 'node:child_process'
  for (const port of process.argv.slice(1)) spawn(process.execPath, [${JSON.stringify(ANSWER)}, port], { stdio: 'inherit' })`

/** Answers with its process id, except on two paths, and with a stream on a third. */
const HANGS = `
  import { createServer } from 'node:http'
  const server = createServer((req, res) => {
    if (req.url === '/events') res.write('data: 1\\n\\n')
    else if (!/^.(reset|healthz)/.test(req.url)) res.end(JSON.stringify({ pid: process.pid }))
  })
  server.listen(process.env.PORT)`

/** Sends a request without an answer, which is in progress for as long as a test takes. */
const hang = (url: string) => void fetch(url).catch(() => {})
const pidAt = async (url: string) => (await (await fetch(url)).json()).pid

describe('a supervisor in this process with several viewers at once', () => {
  // In this process, because a test could not ask a process of its own twice at once.
  const runner = new Runner(
    {
      listen: [{ host: '127.0.0.1', port: 0 }],
      command: [process.execPath, '--input-type=module', '--eval', HANGS],
      idle: { IDLE_PATIENCE: '1h', IDLE_GRACE: '0', IDLE_IGNORE: '/healthz' },
      stdout: 'stderr',
    },
    () => {},
  )
  let url = ''
  beforeAll(async () => {
    await runner.start()
    const [address] = runner.status.listen
    if (address === undefined || !('port' in address)) throw new Error('no port')
    url = `http://127.0.0.1:${address.port}`
  })
  afterAll(() => runner.stop('SIGTERM'))

  const looks = (count: number): Promise<RunStatus[]> =>
    Promise.all(Array.from({ length: count }, () => runner.refresh()))

  test('each viewer gets the same fresh answer, without the query of the request', async () => {
    await pidAt(url)
    hang(`${url}/reset-password?token=SECRET`)
    let [status] = await looks(1)
    while (status?.idle?.reasons.length === 0) [status] = await looks(1)
    for (const { idle } of await looks(3)) {
      expect(idle).toMatchObject({ active: 1, reasons: ['request GET /reset-password'] })
    }
  })

  test('an ignored request is marked as ignored', async () => {
    hang(`${url}/healthz`)
    let [status] = await looks(1)
    while (status?.idle?.reasons.length === 1) [status] = await looks(1)
    expect(status?.idle).toMatchObject({ active: 1 })
    expect([...(status?.idle?.reasons ?? [])].sort()).toEqual([
      'request GET /healthz (ignored)',
      'request GET /reset-password',
    ])
  })

  test('all viewers together wait a second for a process that does not run', async () => {
    const pid = await pidAt(url)
    process.kill(pid, 'SIGSTOP')
    try {
      const from = performance.now()
      const seen = await looks(5)
      expect(performance.now() - from).toBeGreaterThan(900)
      for (const { idle } of seen) expect(idle?.reasons).toEqual([`process ${pid} does not answer`])
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })

  test('no viewer waits for a process that is killed meanwhile', async () => {
    const pid = await pidAt(url)
    process.kill(pid, 'SIGSTOP')
    const seen = looks(3)
    process.kill(pid, 'SIGKILL')
    for (const { idle } of await seen) expect(idle).toBeUndefined()
  })
})

describe('the status of a command', () => {
  const line = /^stream GET \/events \(for \d[\w. ]*, last byte \d[\w. ]* ago\)$/
  const hangs = [process.execPath, '--input-type=module', '--eval', HANGS] as const

  test('names a stream that counts with its age and its last byte', async () => {
    const supervised = await SupervisorProcess.start(hangs, { idle: { IDLE_PATIENCE: '1h' } })
    hang(supervised.url('/events'))
    let { idle } = await supervised.status()
    while (!line.test(idle?.reasons[0] ?? '')) ({ idle } = await supervised.status())
    expect(idle).toMatchObject({ active: 1, uncounted: [] })
  })

  test('names a stream that does not count apart from the reasons', async () => {
    const idleSettings = { IDLE_PATIENCE: '300ms', IDLE_STARTUP_PATIENCE: '20s', IDLE_STREAMS: 'ignore' }
    const supervised = await SupervisorProcess.start(hangs, { idle: idleSettings })
    // This request keeps the process from ending.
    hang(supervised.url('/reset-password'))
    hang(supervised.url('/events'))
    let { idle } = await supervised.status()
    while (idle?.uncounted.length !== 1) ({ idle } = await supervised.status())
    expect(idle).toMatchObject({
      active: 1,
      reasons: ['request GET /reset-password'],
      uncounted: [expect.stringMatching(line)],
    })
  })

  test('of several processes joins their reasons, with the process in front', async () => {
    const command = (ports: readonly string[]): [string, ...string[]] => [
      process.execPath,
      '--input-type=module',
      '--eval',
      SEVERAL,
      ...ports,
    ]
    const supervised = await SupervisorProcess.start(command, { idle: { IDLE_PATIENCE: '1h' } }, 2)
    const pids = [await pidAt(supervised.url('/', 0)), await pidAt(supervised.url('/', 1))]
    for (const index of [0, 1]) {
      hang(supervised.url(`/slow${index}?3500000`, index))
      await supervised.printed(new RegExp(`got /slow${index}`), 'stderr')
    }
    const { idle } = await supervised.status()
    expect(idle).toMatchObject({ active: 2, patience: 3_600_000 })
    expect(idle?.deadline).toBeUndefined()
    expect([...(idle?.reasons ?? [])].sort()).toEqual(
      pids.map((pid, index) => `process ${pid}: request GET /slow${index}`).sort(),
    )
  })

  test('that failed too often is that it gave up, until the next connection tries again', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'fails'), { backoff: 20, maxFailures: 2 })
    const ask = async () => (await fetch(supervised.url())).status
    expect(await ask()).toBe(502)
    const { delay } = await supervised.event('gave-up')
    expect(delay).toBe(40)
    const status = await supervised.status()
    expect(status).toMatchObject({ state: 'gave-up', failures: 2, starts: 2, coldStarts: [] })
    expect(status.retryAt).toBeGreaterThan(status.since)
    // The state is the same after the pause, because no connection has started the command.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, (status.retryAt ?? 0) - Date.now()) + 20))
    expect(await supervised.status()).toMatchObject({ state: 'gave-up', starts: 2 })
    expect(await ask()).toBe(502)
    await supervised.event('gave-up', 2)
    expect(await supervised.status()).toMatchObject({ state: 'gave-up', starts: 3, failures: 3 })
  })

  test('that failed once is that it backs off, and until when', async () => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'fails'), { backoff: 60_000 })
    const client = connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })
    await once(client, 'connect')
    await supervised.event('backoff')
    const { state, failures, retryAt } = await supervised.status()
    expect({ state, failures }).toEqual({ state: 'backing-off', failures: 1 })
    expect(retryAt).toBeGreaterThan(Date.now())
    client.destroy()
  })
})
