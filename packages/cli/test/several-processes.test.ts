import { once } from 'node:events'
import { type ClientRequest, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, test, vi } from 'vitest'
import { program, SupervisorProcess } from './supervisor.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const SHORT = { idle: { IDLE_PATIENCE: '200ms', IDLE_STARTUP_PATIENCE: '20s' } }

interface Answer {
  readonly pid: number
  readonly status: number | undefined
}

async function ask(url: string): Promise<Answer> {
  const asked = request(url, { agent: false })
  asked.end()
  const [response] = await once(asked, 'response')
  const body = await text(response)
  return { status: response.statusCode, pid: body.startsWith('{') ? JSON.parse(body).pid : 0 }
}

/** Starts a request that is in progress until it is destroyed. */
function endless(url: string): ClientRequest {
  const asked = request(`${url}?3600000`, { agent: false })
  asked.on('error', () => {})
  asked.end()
  return asked
}

function several(...more: string[]): (ports: readonly string[]) => [string, ...string[]] {
  return (ports) => program('several.js', ...ports, ...more)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe.skipIf(process.platform === 'win32').concurrent('several processes of one command', () => {
  test('a process in use keeps the other, which answers meanwhile; both end together, and start together', async () => {
    const supervised = await SupervisorProcess.start(several(), SHORT, 2)
    const [web, api] = [supervised.url('/', 0), supervised.url('/', 1)]
    const first = await ask(web)
    const busy = endless(`${api}slow`)
    await supervised.printed(/got \/slow/, 'stderr')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await ask(web)).toEqual(first)
    busy.destroy()
    await supervised.event('ended')
    expect((await ask(web)).pid).not.toBe(first.pid)
    expect(supervised.events.map(({ event }) => event).slice(0, 7)).toEqual([
      'listening',
      'listening',
      'starting',
      'ready',
      'idle',
      'ended',
      'starting',
    ])
  })

  test('three processes with different patiences end together', async () => {
    const patiences = ['150ms', '400ms', '1s']
    const command = (ports: readonly string[]) =>
      program('several.js', ...ports.map((port, index) => `${port}=${patiences[index]}`))
    const supervised = await SupervisorProcess.start(command, SHORT, 3)
    for (const nth of [1, 2]) {
      const answers = await Promise.all([0, 1, 2].map((index) => ask(supervised.url('/', index))))
      await supervised.event('ended', nth)
      for (const { pid } of answers) expect(isAlive(pid)).toBe(false)
    }
    expect([supervised.count('idle'), supervised.count('killed'), supervised.count('crashed')]).toEqual([2, 0, 0])
  })

  test('a crash of one process does not cut the answer of another, and its clients wait for the next start', async ({
    expect,
  }) => {
    const supervised = await SupervisorProcess.start(several(), SHORT, 2)
    const [web, api] = [supervised.url('/', 0), supervised.url('/', 1)]
    const crashing = await ask(web)
    const busy = ask(`${api}slow?2500`)
    await supervised.printed(/got \/slow/, 'stderr')
    process.kill(crashing.pid, 'SIGUSR1')
    await expect.poll(() => isAlive(crashing.pid)).toBe(false)
    const waiting = ask(web)
    const answered = await busy
    expect(answered.status).toBe(200)
    const next = await waiting
    expect(next.status).toBe(200)
    expect([crashing.pid, answered.pid]).not.toContain(next.pid)
    expect(supervised.count('killed')).toBe(0)
  })

  test('a process that serves nothing does not delay the end, and does not outlive it', async ({ expect }) => {
    const [node, file] = program('several.js')
    const command = (ports: readonly string[]): [string, ...string[]] => [
      'sh',
      '-c',
      `SEVERAL=idle '${node}' '${file}' idle & echo "watcher $!" >&2; SEVERAL=1 '${node}' '${file}' ${ports[0]}; true`,
    ]
    const supervised = await SupervisorProcess.start(command, SHORT)
    const { pid } = await ask(supervised.url())
    const watcher = Number((await supervised.printed(/watcher (\d+)/, 'stderr'))[1])
    await supervised.event('ended')
    // init has to reap an orphan.
    await expect.poll(() => [pid, watcher].map(isAlive)).toEqual([false, false])
    expect(supervised.count('killed')).toBe(0)
  })

  test('a process with a port of its own does not end before the processes that serve held addresses', async () => {
    const idle = { IDLE_PATIENCE: '50ms', IDLE_STARTUP_PATIENCE: '20s' }
    const supervised = await SupervisorProcess.start(several('own'), { idle }, 1)
    const busy = endless(`${supervised.url()}slow`)
    const [, port = '', pid = ''] = await supervised.printed(/own (\d+) of (\d+)/, 'stderr')
    await supervised.printed(/got \/slow/, 'stderr')
    for (const pause of [0, 500]) {
      await new Promise((resolve) => setTimeout(resolve, pause))
      expect((await ask(`http://127.0.0.1:${port}/`)).pid).toBe(Number(pid))
    }
    busy.destroy()
    await supervised.event('ended')
    expect(isAlive(Number(pid))).toBe(false)
  })
})
