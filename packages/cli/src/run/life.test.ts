import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { operator } from '../../test/operator.ts'
import { readSettings } from '../register/settings.ts'
import { Life } from './life.ts'
import { Link } from './link.ts'
import type { RunEvent } from './run-event.ts'
import { Switchboard } from './switchboard.ts'
import { Watcher } from './watcher.ts'

const SLEEPS = 'setInterval(() => {}, 60_000)'

/** Starts a command that does nothing by itself, with simulated processes. */
async function live(
  options: { readyTimeout?: number; grace?: string; program?: string; code?: string; cwd?: string } = {},
) {
  const directory = mkdtempSync(join(tmpdir(), 'idle-shutdown-test-'))
  const events: RunEvent[] = []
  const settings = readSettings({ IDLE_GRACE: options.grace ?? '10s' })
  const switchboard: Switchboard = new Switchboard(
    10,
    2,
    operator({
      needed: () => life.needed(),
      claimed: ({ pid }, listen) => life.claimed(listen, pid),
      released: (_, listen) => life.released(listen),
      ending: () => life.ending(),
      closed: () => life.closed(),
    }),
  )
  const life: Life = new Life({
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
    switchboard,
    watcher: new Watcher(),
    start: 1,
    emit: (event) => events.push(event),
  })
  onTestFinished(async () => {
    for (const link of switchboard.links) switchboard.detach(link)
    life.kill()
    await life.ended
    rmSync(directory, { recursive: true })
  })
  const serve = (listen: number): Link => {
    const link = new Link(undefined, () => {})
    switchboard.links.add(link)
    // No process that could be signalled by mistake has this id.
    switchboard.receive(link, { type: 'claim', rank: 0, listen, pid: 2 ** 30 + listen })
    return link
  }
  const leave = (link: Link): void => {
    switchboard.detach(link)
    life.conclude()
  }
  return { life, switchboard, events, serve, leave }
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

test('a start in which nothing serves is killed after the ready timeout', async () => {
  const { life, events } = await live({ readyTimeout: 50 })
  expect(await life.ended).toMatchObject({ why: 'it did not listen within 50 ms, and was killed' })
  expect(events.map(({ event }) => event)).toEqual(['starting', 'hint', 'killed'])
})

test('one that serves is not killed when another is gone and somebody waits for it, but when nothing serves any more', async () => {
  const { life, switchboard, events, serve, leave } = await live({ readyTimeout: 50 })
  const [web, api] = [serve(0), serve(1)]
  leave(web)
  switchboard.accept((await client()).accepted, 0)
  await pass(200)
  expect(switchboard.waiting).toBe(1)
  expect(events.map(({ event }) => event)).toEqual(['starting', 'ready'])
  leave(api)
  expect(await life.ended).toMatchObject({ why: 'it did not listen within 50 ms, and was killed' })
})

test('who comes to an address on which nothing has ever listened is refused after the ready timeout, and nothing is killed', async () => {
  const { switchboard, events, serve } = await live({ readyTimeout: 50 })
  serve(0)
  const { accepted, answer } = await client()
  switchboard.accept(accepted, 1)
  expect(await answer).toMatch(/^HTTP\/1.1 502 [\s\S]*did not listen on this address within 50 ms/)
  expect(events.map(({ event }) => event)).toEqual(['starting', 'ready'])
})

test('one that has closed everything does not shorten the grace of another', async () => {
  const { switchboard, events, serve } = await live({ grace: '1h' })
  const [web, api] = [serve(0), serve(1)]
  for (const link of [web, api]) switchboard.receive(link, { type: 'ending' })
  const before = process.getActiveResourcesInfo().length
  switchboard.receive(web, { type: 'closed' })
  expect(web.state).toBe('closed')
  expect(api.state).toBe('leaving')
  expect(events.map(({ event }) => event)).toEqual(['starting', 'ready', 'idle'])
  expect(process.getActiveResourcesInfo().length).toBe(before)
})

test.each(['ready timeout', 'grace'])('a %s of more than 2^31 ms, or without end, is no moment', async (name) => {
  for (const [readyTimeout, grace] of [
    [2 ** 31 + 1, `${2 ** 31}ms`],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ] as const) {
    const { events, switchboard, serve } = await live(name === 'grace' ? { grace } : { readyTimeout })
    if (name === 'grace') switchboard.receive(serve(0), { type: 'ending' })
    await pass(50)
    expect(events.map(({ event }) => event)).not.toContain('killed')
  }
})

test.skipIf(process.platform === 'win32').each([
  ['its folder is gone', { cwd: join(tmpdir(), 'no-such-folder') }, 'ENOENT'],
  ['its folder is a file', { cwd: import.meta.filename }, 'ENOTDIR'],
  ['its file is gone', { program: join(tmpdir(), 'no-such-program') }, 'ENOENT'],
  ['its file may not be run', { program: tmpdir() }, 'EACCES'],
  ['its arguments are too long', { code: ' '.repeat(5_000_000) }, 'E2BIG'],
])('a start that fails since %s is an end, and not an error in the supervisor', async (_, options, code) => {
  const { life, events } = await live(options)
  expect(await life.ended).toMatchObject({
    exit: { code: null, signal: null },
    why: expect.stringContaining(code),
  })
  expect(events).toEqual([])
})
