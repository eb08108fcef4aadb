import { EventEmitter, once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect, Socket } from 'node:net'
import { freePort, Program } from '@idle-shutdown/testing'
import { afterAll, describe, type ExpectStatic, expect, test, vi } from 'vitest'
import { ConnectionRouter } from '../src/run/connections/connection-router.ts'
import { ProcessLink } from '../src/run/connections/process-link.ts'
import { Descriptors } from '../src/run/descriptors.ts'
import { COMMAND } from './command.ts'
import { routerEvents } from './router-events.ts'
import { program } from './supervisor.ts'

vi.setConfig({ testTimeout: 60_000 })

describe('descriptors are left for the supervisor', () => {
  test('a connection is closed when it would touch the reserve, and accepted again when others have closed', () => {
    const onFull = vi.fn()
    const descriptors = new Descriptors(2, onFull, 64)
    descriptors.begin(28)
    const sockets = Array.from({ length: 10 }, () => new EventEmitter())
    expect(sockets.every((one) => descriptors.admit(one))).toBe(true)
    expect([descriptors.admit(new EventEmitter()), descriptors.admit(new EventEmitter())]).toEqual([false, false])
    expect(onFull).toHaveBeenCalledTimes(1)
    sockets[0]?.emit('close')
    expect([descriptors.admit(new EventEmitter()), descriptors.admit(new EventEmitter())]).toEqual([true, false])
    expect(onFull).toHaveBeenCalledTimes(1)
  })

  test('a few connections are accepted with too few descriptors, and all of them without a limit', () => {
    const few = new Descriptors(1, () => {}, 20)
    few.begin(19)
    expect(Array.from({ length: 5 }, () => new EventEmitter()).map((one) => few.admit(one))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ])
    const all = new Descriptors(1, () => {}, Number.POSITIVE_INFINITY)
    all.begin(19)
    expect(Array.from({ length: 5000 }, () => new EventEmitter()).every((one) => all.admit(one))).toBe(true)
  })
})

test('a connection that a process without descriptors did not receive is closed, and later ones are served', () => {
  const router = new ConnectionRouter(10, 1, routerEvents())
  const link = new ProcessLink(1, () => {})
  router.links.add(link)
  router.receive(link, { type: 'claim', rank: 0, listen: 0, pid: 1 })
  const clients = Array.from({ length: 3 }, () => new Socket())
  for (const client of clients) router.accept(client, 0)
  router.receive(link, { type: 'accepted', id: 2 })
  expect(clients.map(({ destroyed }) => destroyed)).toEqual([true, true, false])
  expect({ taken: router.taken, left: [...link.unacknowledged.keys()] }).toEqual({ taken: 1, left: [3] })
})

const sockets = new Set<Socket>()
afterAll(() => {
  for (const socket of sockets) socket.destroy()
})

/** Opens `count` connections, sends `text` on each, and resolves when all are connected. Some are closed at once. */
async function flood(port: number, count: number, text: string): Promise<Socket[]> {
  const made = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  const over = made.map((socket) => {
    socket.once('connect', () => socket.write(text))
    return new Promise((resolve) => socket.once('connect', resolve).on('error', resolve))
  })
  for (const socket of made) sockets.add(socket.on('close', () => sockets.delete(socket)))
  await Promise.all(over)
  return made
}

describe.skipIf(process.platform !== 'linux').concurrent('with 64 descriptors, a supervisor outlives', () => {
  const start = async (command: readonly string[], options: readonly string[] = []): Promise<[Program, number]> => {
    const port = await freePort()
    const args = [COMMAND, 'run', '--listen', `127.0.0.1:${port}`, ...options, '--', ...command]
    const run = new Program(['-c', 'ulimit -n 64; exec "$0" "$@"', process.execPath, ...args], { command: 'sh' })
    await run.printed(/holds/, 'stderr')
    return [run, port]
  }
  /** Returns the status of a response, and 0 if the connection is closed without one. */
  const ask = async (port: number): Promise<number> => {
    // Node's own fetch() may hang forever if the server closes a new connection at once (Node 20).
    const request = get({ host: '127.0.0.1', port, path: '/later', agent: false })
    const response: IncomingMessage | undefined = await once(request, 'response').then(
      ([first]) => first,
      () => undefined,
    )
    return response?.resume().statusCode ?? 0
  }
  // Until the supervisor has seen that the others left, it closes a new connection, as every server does.
  const later = (expect: ExpectStatic, port: number): Promise<unknown> =>
    expect.poll(() => ask(port), { timeout: 20_000 }).toBe(200)
  const [node, file] = program('answer.js')

  test.for<readonly [string, readonly string[]]>([
    ['node itself', [node, file ?? '']],
    ['behind a shell', ['sh', '-c', `'${node}' '${file}'; exit 0`]],
  ])('120 clients while the command starts, %s', async ([, command], { expect }) => {
    const [run, port] = await start(command)
    const clients = await flood(port, 120, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await run.printed(/clients take all descriptors/, 'stderr')
    await run.printed(/awake after/, 'stderr')
    for (const client of clients) client.destroy()
    await later(expect, port)
    run.kill('SIGTERM')
    const { code, stderr } = await run.ended
    expect({ code, failed: stderr.includes('failed') }).toEqual({ code: 0, failed: false })
  })

  test('120 viewers of the status page', async ({ expect }) => {
    const status = await freePort()
    const [run, port] = await start([node, file ?? ''], ['--status', String(status)])
    await flood(status, 120, 'GET /')
    await run.printed(/clients take all descriptors/, 'stderr')
    for (const socket of sockets) if (socket.remotePort === status) socket.destroy()
    await later(expect, port)
    run.kill('SIGTERM')
    expect((await run.ended).code).toBe(0)
  })
})
