import { createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { freePort, RawClient } from '@idle-shutdown/testing'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { program, SupervisorProcess } from './supervisor.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const opened = new Set<Server>()
afterAll(() => {
  for (const server of opened) server.close()
})

async function ask(port: number, host = '127.0.0.1'): Promise<string> {
  const at = host.includes(':') ? `[${host}]` : host
  return fetch(`http://${at}:${port}/`, { headers: { connection: 'close' } }).then(
    (response) => response.text(),
    (error: Error) => String(Reflect.get(Object(error.cause), 'code')),
  )
}

/** Returns a supervisor of a program of `endpoints.js`, and the other port of that program. */
async function supervised(
  kind: string,
  host = '',
  other: number | undefined = undefined,
): Promise<{ supervised: SupervisorProcess; held: number; other: number }> {
  const port = other ?? (await freePort())
  const started = await SupervisorProcess.start(program('endpoints.js', kind, host), {
    env: { OTHER: String(port), IDLE_LOG: 'verbose' },
    idle: { IDLE_PATIENCE: '20s' },
  })
  return { supervised: started, held: started.ports[0] ?? 0, other: port }
}

describe.concurrent('a program with several servers', () => {
  test.each([
    ['on 127.0.0.1', '127.0.0.1'],
    ['on all addresses', ''],
  ])(
    'a server %s that listens first keeps its own port, and the server on the held port answers there',
    async (_, host) => {
      const { supervised: run, held, other } = await supervised('first', host)
      expect(await ask(held)).toBe('site')
      expect(await ask(other)).toBe('other')
      expect(await ask(held)).toBe('site')
      expect(run.count('crashed')).toBe(0)
    },
  )

  test('a server on the held port takes over from the one that took it as the only one', async () => {
    const { supervised: run, held, other } = await supervised('late')
    expect(await ask(held)).toBe('other')
    await run.printed(/no server listens on it; the server of port \d+ takes it, and keeps its own port/, 'stderr')
    await run.printed(/listens on it, and the server of port \d+ loses it/, 'stderr')
    expect(await ask(held)).toBe('site')
    expect(await ask(other)).toBe('other')
  })

  test('a server whose own port is in use takes the held port, and shows it', async () => {
    const taken = createServer()
    opened.add(taken)
    const port = await freePort()
    await new Promise<void>((resolve) => taken.listen(port, () => resolve()))
    const { supervised: run, held } = await supervised('elsewhere', '', port)
    expect(await ask(held)).toBe('other')
    await run.printed(new RegExp(`said listens ${held}`), 'stderr')
  })

  test('a second server on the held port, or on a port in use, fails as without the supervisor', async () => {
    const { supervised: run, held } = await supervised('two')
    expect(await ask(held)).toBe('site')
    await run.printed(/said EADDRINUSE/, 'stderr')
    const taken = createServer()
    opened.add(taken)
    const port = await freePort()
    await new Promise<void>((resolve) => taken.listen(port, () => resolve()))
    const busy = await supervised('busy', '', port)
    expect(await ask(busy.held)).toBe('site')
    await busy.supervised.printed(/said EADDRINUSE/, 'stderr')
  })

  test('a server that closes and listens again gets connections again', async () => {
    const { supervised: run, held } = await supervised('again')
    expect(await ask(held)).toBe('site')
    await run.printed(new RegExp(`said again .*"port":${held}`), 'stderr')
    expect(await ask(held)).toBe('site')
  })
})

const own = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)
if (own === undefined) console.log('skipped: a server of this machine only, since this machine has no other address')

test.runIf(own !== undefined)('a server on 127.0.0.1 gets no client of another address', async () => {
  const port = await freePort()
  const run = await SupervisorProcess.start(program('endpoints.js', 'elsewhere', '127.0.0.1'), {
    listen: [{ host: '0.0.0.0', port }],
    env: { OTHER: String(port) },
    idle: { IDLE_PATIENCE: '20s' },
  })
  expect(await ask(port)).toBe('other')
  expect(await ask(port, own?.address)).toMatch(/ECONNRESET|UND_ERR_SOCKET/)
  expect(run.count('starting')).toBe(1)
})

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
if (!hasIpv6) console.log('skipped: both families, since this machine has no ::1')

test.runIf(hasIpv6)('listen() without a host takes the held addresses of its port, of both families', async () => {
  const port = await freePort()
  const run = await SupervisorProcess.start(program('endpoints.js', 'again'), {
    listen: ['127.0.0.1', '::1'].map((host) => ({ host, port })),
    idle: { IDLE_PATIENCE: '20s' },
  })
  expect([await ask(port, '::1'), await ask(port)]).toEqual(['site', 'site'])
  await run.printed(/said again/, 'stderr')
  expect([await ask(port), await ask(port, '::1')]).toEqual(['site', 'site'])
})

describe.concurrent('the channel to the supervisor', () => {
  test('is hidden from the program: both guards are harmless, and it receives and ends nothing', async () => {
    const { supervised: run, held } = await supervised('parent')
    expect(await ask(held)).toBe('site')
    await run.printed(/said sees undefined undefined undefined undefined/, 'stderr')
    const client = await RawClient.connect({ host: '127.0.0.1', port: held })
    await client.get('/')
    await client.until('site')
    client.destroy()
    run.kill('SIGKILL')
    const { stderr } = await run.ended
    expect(stderr).not.toMatch(/said (message|disconnect)/)
    expect(run.count('crashed')).toBe(0)
  })
})
