import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { IdleTracker } from '@idle-shutdown/core'
import { endedByItself, Http2Client, KeepAliveClient, openWebSocket, Program, RawClient } from '@idle-shutdown/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

// Tests that need a real process: signals, its end, and other handles in it.

const start = (name: string, env: NodeJS.ProcessEnv = {}, limit = 15_000): Program =>
  new Program([join(import.meta.dirname, '..', name)], { env, limit })

async function addressOf(program: Program, name = 'http'): Promise<{ host: string; port: number }> {
  return { host: '127.0.0.1', port: await program.port(name) }
}

/** Waits with the clock that other tests cover. */
async function pass(ms: number): Promise<void> {
  await once(new IdleTracker({ patience: ms }).signal, 'abort')
}

function kept(address: { host: string; port: number }): KeepAliveClient {
  const client = new KeepAliveClient(address)
  onTestFinished(() => client.destroy())
  return client
}

describe.concurrent('SIGSTOP and SIGCONT, for longer than the patience', () => {
  const PATIENCE = 200

  async function stopped(): Promise<{ program: Program; address: { host: string; port: number } }> {
    const program = start('programs/stopped.js', { PATIENCE: `${PATIENCE}ms` })
    return { program, address: await addressOf(program) }
  }

  /** Returns the time from `since` (by Date.now()) to the decision to end. */
  async function endedAfter(program: Program, since: number): Promise<number> {
    const ending = await program.ended
    expect(ending).toMatchObject(endedByItself)
    return Number(/aborted (\d+)/.exec(ending.stdout)?.[1]) - since
  }

  test('waits for a full patience', async () => {
    const { program } = await stopped()
    await pass(PATIENCE * 3)
    const continued = Date.now()
    program.kill('SIGCONT')
    expect(await endedAfter(program, continued)).toBeGreaterThanOrEqual(PATIENCE - 2)
  })

  test('answers queued requests', async () => {
    const { program, address } = await stopped()
    const clients = Array.from({ length: 20 }, () => new KeepAliveClient(address))
    const answers = clients.map((client) => client.ask('/').answer)
    await pass(PATIENCE * 3)
    const continued = Date.now()
    program.kill('SIGCONT')
    for (const answer of answers) expect((await answer).body).toBe('Hello\n')
    expect(await endedAfter(program, continued)).toBeGreaterThanOrEqual(PATIENCE - 2)
    for (const client of clients) client.destroy()
  })
})

test('answers all queued requests, and then ends with 0, when SIGTERM aborts the parent signal', async () => {
  const program = start('../../examples/signals.js', { PATIENCE: '900' })
  const { port } = new URL((await program.printed(/https?:\/\/\S+/))[0])
  program.kill('SIGSTOP')
  // The kernel accepts the connections: they wait in the backlog, each with its request.
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => RawClient.connect({ host: '127.0.0.1', port: Number(port) })),
  )
  for (const client of clients) await client.get('/')
  program.kill('SIGTERM')
  program.kill('SIGCONT')
  for (const client of clients) await client.until('Hello\n')
  for (const client of clients) expect(await client.ended).toEqual({ how: 'FIN' })
  expect(await program.ended).toMatchObject(endedByItself)
})

test('stays active until the client leaves when a handler throws and does not answer', async () => {
  const program = start('programs/throwing-handler.js')
  const client = kept(await addressOf(program))
  client.ask('/')
  await program.printed(/thrown/)
  await pass(300)
  expect(program.stdout).not.toContain('aborted')
  client.destroy()
  expect(await program.ended).toMatchObject({ ...endedByItself, stdout: expect.stringContaining('aborted') })
})

test('cuts a WebSocket, SSE, a hung handler and an HTTP/2 stream when grace is over, with the right report, and exits', async () => {
  const program = start('programs/everything-hangs.js')
  const [address, h2Address] = [await addressOf(program), await addressOf(program, 'h2c')]
  const socket = await openWebSocket(address)
  const h2 = await Http2Client.connect(h2Address)
  const answers = [kept(address).ask('/events'), kept(address).ask('/hung'), h2.ask('/')].map(({ answer }) => answer)
  await once(socket, 'close')
  for (const answer of answers) await expect(answer).rejects.toThrow()
  expect(await program.ended).toMatchObject(endedByItself)
  expect(program.stdout).toContain('{"drained":0,"destroyed":4,"inTime":true}')
})

describe.concurrent('cluster worker', () => {
  const startCluster = (env: NodeJS.ProcessEnv): Program =>
    start('programs/cluster-worker.js', { PATIENCE: '100ms', ...env })

  test('closes its servers, and one warning names the channel that keeps the process running', async () => {
    // On a busy machine, a client may need longer than the patience to connect.
    const program = startCluster({ STARTUP: '15m' })
    const client = new KeepAliveClient(await addressOf(program))
    expect((await client.ask('/').answer).body).toBe('Hello\n')
    expect(await client.ended).toEqual({ how: 'FIN' })
    const { stdout, stderr } = await program.ended
    expect(stdout).toMatch(/closed\nIDLE_STILL_RUNNING\nexit 0 null\n$/)
    expect(stderr).toContain('the IPC channel to the parent process (process.disconnect())')
  })

  test('ends when it calls process.disconnect() on the idle signal', async () => {
    const ending = await startCluster({ LEAVE: 'signal' }).ended
    expect(ending).toMatchObject({ ...endedByItself, stdout: expect.stringMatching(/exit 0 null\n$/) })
  })

  test('answers what is in progress, and ends, when it calls process.disconnect() after closed', async () => {
    const program = startCluster({ LEAVE: 'closed', PATIENCE: '15m' })
    const client = new KeepAliveClient(await addressOf(program))
    expect((await client.ask('/last').answer).body).toBe('Goodbye\n')
    expect(await program.ended).toMatchObject({
      ...endedByItself,
      stdout: expect.stringMatching(/closed\nexit 0 null\n$/),
    })
  })
})

test('ends a worker thread with its server, and then the process', async () => {
  const program = start('programs/worker-thread.js', { PATIENCE: '100ms' })
  const client = kept(await addressOf(program))
  expect((await client.ask('/').answer).body).toBe('Hello\n')
  expect(await client.ended).toEqual({ how: 'FIN' })
  expect(await program.ended).toMatchObject({ ...endedByItself, stdout: expect.stringMatching(/exit 0\n$/) })
})

// Node raises its own limit of open files to the hard limit.
const allowed = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).replace('unlimited', '1000000'))
const count = Math.min(10_000, allowed - 100)

test(`${count.toLocaleString('en')} idle keep-alive sockets end with FIN, and not RST`, {
  timeout: 60_000,
}, async () => {
  const program = start('programs/many-sockets.js', { COUNT: String(count) }, 55_000)
  const ending = await program.ended
  expect(ending).toMatchObject(endedByItself)
  expect(JSON.parse(ending.stdout)).toEqual({ ends: { FIN: count }, report: { drained: 0, destroyed: 0 } })
})
