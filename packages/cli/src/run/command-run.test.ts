import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTempFolder } from '@idle-shutdown/testing'
import { expect, onTestFinished, test } from 'vitest'
import { routerEvents } from '../../test/router-events.ts'
import { readSettings } from '../settings.ts'
import { Watcher } from './command/watcher.ts'
import { CommandRun } from './command-run.ts'
import { ConnectionRouter } from './connections/connection-router.ts'
import { ProcessLink } from './connections/process-link.ts'
import type { RunEvent } from './run-event.ts'

const SLEEPS = 'setInterval(() => {}, 60_000)'

/** Starts a command that does nothing by itself, with simulated processes. */
async function live(
  options: { readyTimeout?: number; grace?: string; program?: string; code?: string; cwd?: string } = {},
) {
  const directory = makeTempFolder(onTestFinished)
  const events: RunEvent[] = []
  const settings = readSettings({ IDLE_GRACE: options.grace ?? '10s' })
  const router: ConnectionRouter = new ConnectionRouter(
    10,
    2,
    routerEvents({
      needed: () => run.needed(),
      claimed: ({ pid }, listen) => run.claimed(listen, pid),
      released: (_, listen) => run.released(listen),
      draining: () => run.draining(),
      drained: () => run.drained(),
    }),
  )
  const run: CommandRun = new CommandRun({
    command: {
      program: options.program ?? process.execPath,
      args: ['-e', options.code ?? SLEEPS],
      env: process.env,
      cwd: options.cwd,
      stdout: 'inherit',
    },
    settings,
    held: { supervisor: process.pid, directory, control: '', addresses: [] },
    proxy: undefined,
    readyTimeout: options.readyTimeout ?? 60_000,
    router,
    watcher: new Watcher(),
    start: 1,
    emit: (event) => events.push(event),
  })
  onTestFinished(async () => {
    for (const link of router.links) router.detach(link)
    run.kill()
    await run.ended
  })
  const serve = (listen: number): ProcessLink => {
    const link = new ProcessLink(undefined, () => {})
    router.links.add(link)
    // No process that could be signalled by mistake has this id.
    router.receive(link, { type: 'claim', rank: 0, listen, pid: 2 ** 30 + listen })
    return link
  }
  const leave = (link: ProcessLink): void => {
    router.detach(link)
    run.conclude()
  }
  return { run, router, events, serve, leave }
}

/** Returns a client that asks for `/`, as it is accepted. */
async function client(): Promise<{ accepted: Socket; answer: Promise<string> }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const [accepted] = await once(server, 'connection')
  server.close()
  onTestFinished(() => {
    socket.destroy()
    accepted.destroy()
  })
  const answer = once(socket, 'data').then(([data]) => String(data))
  return { accepted, answer }
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('a start is killed after the ready timeout when no process serves', async () => {
  const { run, events } = await live({ readyTimeout: 50 })
  expect(await run.ended).toMatchObject({ why: 'it did not listen within 50 ms, and was killed' })
  expect(events.map(({ event }) => event)).toEqual(['starting', 'hint', 'killed'])
})

test('a run is killed when no process serves any more, and not when a client waits for one of two', async () => {
  const { run, router, events, serve, leave } = await live({ readyTimeout: 50 })
  const [web, api] = [serve(0), serve(1)]
  leave(web)
  router.accept((await client()).accepted, 0)
  await pass(200)
  expect(router.waiting).toBe(1)
  expect(events.map(({ event }) => event)).toEqual(['starting', 'ready'])
  leave(api)
  expect(await run.ended).toMatchObject({ why: 'it did not listen within 50 ms, and was killed' })
})

test('a client of an address on which no process ever listened is refused after the ready timeout, and no process is killed', async () => {
  const { router, events, serve } = await live({ readyTimeout: 50 })
  serve(0)
  const { accepted, answer } = await client()
  router.accept(accepted, 1)
  expect(await answer).toMatch(/^HTTP\/1.1 502 [\s\S]*did not listen on this address within 50 ms/)
  expect(events.map(({ event }) => event)).toEqual(['starting', 'ready'])
})

test('a process that has closed everything does not shorten the grace of another', async () => {
  const { router, events, serve } = await live({ grace: '1h' })
  const [web, api] = [serve(0), serve(1)]
  for (const link of [web, api]) router.receive(link, { type: 'draining' })
  const before = process.getActiveResourcesInfo().length
  router.receive(web, { type: 'drained' })
  expect(web.state).toBe('drained')
  expect(api.state).toBe('draining')
  expect(events.map(({ event }) => event)).toEqual(['starting', 'ready', 'idle'])
  expect(process.getActiveResourcesInfo().length).toBe(before)
})

test.each(['ready timeout', 'grace'])(
  'a %s of more than 2^31 ms, or without end, does not fire at once',
  async (name) => {
    for (const [readyTimeout, grace] of [
      [2 ** 31 + 1, `${2 ** 31}ms`],
      [Number.POSITIVE_INFINITY, 'Infinity'],
    ] as const) {
      const { events, router, serve } = await live(name === 'grace' ? { grace } : { readyTimeout })
      if (name === 'grace') router.receive(serve(0), { type: 'draining' })
      await pass(50)
      expect(events.map(({ event }) => event)).not.toContain('killed')
    }
  },
)

test.skipIf(process.platform === 'win32').each([
  ['its folder is gone', { cwd: join(tmpdir(), 'no-such-folder') }, 'ENOENT'],
  ['its folder is a file', { cwd: import.meta.filename }, 'ENOTDIR'],
  ['its file is gone', { program: join(tmpdir(), 'no-such-program') }, 'ENOENT'],
  ['its file may not be run', { program: tmpdir() }, 'EACCES'],
  ['its arguments are too long', { code: ' '.repeat(5_000_000) }, 'E2BIG'],
])('a start that fails because %s ends the run, without an error in the supervisor', async (_, options, code) => {
  const { run, events } = await live(options)
  expect(await run.ended).toMatchObject({
    exit: { code: null, signal: null },
    why: expect.stringContaining(code),
  })
  expect(events).toEqual([])
})
