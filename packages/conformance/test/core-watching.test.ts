import { on, once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createH2c, type Http2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import { type AnyServer, IdleShutdown } from '@idle-shutdown/core'
import {
  addressOf,
  Http2Client,
  KeepAliveClient,
  listen,
  makeServer,
  RawClient,
  type ServerKind,
  turns,
} from '@idle-shutdown/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { answerTo, PendingRequests } from '../src/pending-requests.ts'
import { PATIENCE, patiences } from '../src/test-context.ts'

const KINDS: readonly ServerKind[] = ['http', 'https', 'h2c', 'h2', 'h2 with HTTP/1', 'net', 'tls']
const HTTP1: readonly ServerKind[] = ['http', 'https', 'h2 with HTTP/1']
const OPTIONS = { patience: PATIENCE, startupPatience: '1h' } as const

describe.each(KINDS)('watching a server of kind %s', (kind) => {
  test('one that listens late → the clock stands still until then, then ends it', async () => {
    const server = makeServer(kind, new PendingRequests().handler)
    const idle = new IdleShutdown(server, { patience: PATIENCE })
    expect(idle.tracker.explain().state).toBe('starting')
    await patiences(2)
    expect(idle.signal.aborted).toBe(false)
    await listen(server)
    expect(idle.tracker.explain().state).toBe('waiting')
    await idle.closed
    expect(idle.signal.reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT' })
    expect(server.listening).toBe(false)
  })

  test('EADDRINUSE, closed and made to listen again, as in the manual of Node → serves; closed then, it ends', async () => {
    const taken = makeServer('net')
    await listen(taken)
    const { port } = taken.address() as AddressInfo
    const server = makeServer(kind, new PendingRequests().handler)
    const idle = new IdleShutdown(server, OPTIONS)
    const failed = once(server, 'error')
    server.listen(port, '127.0.0.1')
    expect(await failed).toMatchObject([{ code: 'EADDRINUSE' }])
    const free = once(taken, 'close')
    taken.close()
    await free
    const listening = once(server, 'listening')
    server.close()
    server.listen(port, '127.0.0.1')
    await listening
    expect(idle.signal.aborted).toBe(false)
    expect(idle.tracker.explain().state).toBe('waiting')
    server.close()
    await idle.closed
    expect(idle.signal.reason).toMatchObject({ name: 'AbortError' })
  })

  test('one that never listened is closed → no end; the last that listened is closed → the end', async () => {
    const [unused, server] = [makeServer(kind), makeServer(kind)]
    const idle = new IdleShutdown([unused, server], OPTIONS)
    const closed = once(unused, 'close')
    unused.close()
    await closed
    expect(idle.signal.aborted).toBe(false)
    await listen(server)
    expect(idle.tracker.explain().state).toBe('waiting')
    server.close()
    await idle.closed
    expect(idle.signal.reason).toMatchObject({ name: 'AbortError' })
  })

  test('closed before it listens, after the end → closed as soon as it listens', async () => {
    const server = makeServer(kind)
    const idle = new IdleShutdown(server, OPTIONS)
    await idle.close()
    const closed = once(server, 'close')
    server.close()
    await closed
    const again = once(server, 'close')
    server.listen(0, '127.0.0.1')
    await again
    expect(server.listening).toBe(false)
  })

  test('the end → no listener and no property of ours is left', async () => {
    const server = makeServer(kind, new PendingRequests().handler)
    const before = traces(server)
    const idle = new IdleShutdown(server, OPTIONS)
    expect(traces(server)).not.toEqual(before)
    await listen(server)
    await idle.close()
    expect(traces(server)).toEqual(before)
  })

  test('the undo → no listener is left, with the server open, and what was held is released', async () => {
    const server = makeServer(kind, new PendingRequests().handler)
    await listen(server)
    closeAfterwards(server)
    const before = traces(server)
    const idle = new IdleShutdown([], OPTIONS)
    const undo = idle.watch(server)
    const accepted = once(server, 'connection')
    const client = await RawClient.connect(addressOf(server))
    onTestFinished(() => client.destroy())
    const [socket] = await accepted
    expect(idle.tracker.active).toBe(1)
    undo[Symbol.dispose]()
    expect(idle.tracker.active).toBe(0)
    expect(traces(server)).toEqual(before)
    expect(socket.destroyed).toBe(false)
    expect(server.listening).toBe(true)
  })

  test('a parent that has aborted already → closes it at once, and as soon as it listens', async () => {
    const listening = makeServer(kind, new PendingRequests().handler)
    await listen(listening)
    const late = makeServer(kind, new PendingRequests().handler)
    const idle = new IdleShutdown([listening, late], { ...OPTIONS, signal: AbortSignal.abort('before') })
    expect(idle.signal.reason).toBe('before')
    expect(await idle.closed).toMatchObject({ reason: 'before', drained: 0, destroyed: 0 })
    expect(listening.listening).toBe(false)
    const closed = once(late, 'close')
    late.listen(0, '127.0.0.1')
    await closed
    expect(late.listening).toBe(false)
  })

  test('after the end → watch throws, and leaves nothing behind', async () => {
    const idle = new IdleShutdown([], OPTIONS)
    await idle.close()
    const server = makeServer(kind, new PendingRequests().handler)
    const before = traces(server)
    expect(() => idle.watch(server)).toThrow(expect.objectContaining({ code: 'ERR_IDLE_ENDED' }))
    expect(traces(server)).toEqual(before)
  })

  test('twice, with one undo → stays watched; with both → released', async () => {
    const server = makeServer(kind, new PendingRequests().handler)
    await listen(server)
    closeAfterwards(server)
    const idle = new IdleShutdown([], OPTIONS)
    const [one, two] = [idle.watch(server), idle.watch(server)]
    const accepted = once(server, 'connection')
    const client = await RawClient.connect(addressOf(server))
    onTestFinished(() => client.destroy())
    await accepted
    expect(idle.tracker.active).toBe(1)
    one[Symbol.dispose]()
    one[Symbol.dispose]()
    expect(idle.tracker.active).toBe(1)
    two[Symbol.dispose]()
    expect(idle.tracker.active).toBe(0)
  })
})

describe.each(HTTP1)('HTTP/1 on a server of kind %s', (kind) => {
  test("its 'request' listeners replaced after watching (as engine.io does) → still counted", async () => {
    const requests = new PendingRequests()
    const server = makeServer(kind, requests.handler)
    const idle = new IdleShutdown(server, OPTIONS)
    await listen(server)
    const listeners = server.listeners('request')
    server.removeAllListeners('request')
    server.on('request', (...args: unknown[]) => {
      for (const listener of listeners) Reflect.apply(listener, server, args)
    })
    const client = new KeepAliveClient(addressOf(server), kind !== 'http')
    onTestFinished(() => client.destroy())
    const { answer } = client.ask('/replaced')
    const pending = await requests.next()
    expect(idle.tracker.active).toBe(1)
    await pending.answer()
    expect((await answer).body).toBe(answerTo('/replaced'))
    expect(idle.tracker.active).toBe(0)
    await idle.closed
    expect(idle.signal.reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT' })
  })

  test('watched late, with a response in progress and an idle socket → the one counts, the other does not', async () => {
    const requests = new PendingRequests()
    const server = makeServer(kind, requests.handler)
    await listen(server)
    const secure = kind !== 'http'
    const [busy, silent] = [
      new KeepAliveClient(addressOf(server), secure),
      new KeepAliveClient(addressOf(server), secure),
    ]
    onTestFinished(() => [busy, silent].forEach((client) => void client.destroy()))
    await silent.ask('/now').answer
    const { answer } = busy.ask('/in-progress')
    const pending = await requests.next()
    const idle = new IdleShutdown(server, OPTIONS)
    // The contents of TLS cannot be seen: both connections count until their next request ends or they close.
    expect(idle.tracker.active).toBe(kind === 'http' ? 1 : 2)
    await patiences(2)
    expect(idle.signal.aborted).toBe(false)
    await pending.answer()
    await answer
    if (secure) {
      await Promise.all([busy, silent].map((client) => client.ask('/now').answer))
    }
    await idle.closed
    expect(idle.signal.reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT' })
    // Both connections are known to be idle, so the drain waits for no new and silent connection.
    expect((await idle.closed).duration).toBeLessThan(900)
    expect(await busy.ended).toEqual({ how: 'FIN' })
    expect(await silent.ended).toEqual({ how: 'FIN' })
  })
})

test('a stream-only HTTP/2 server → its compatibility layer stays off, and its streams count', async () => {
  const server = createH2c()
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 })
    setImmediate(() => stream.end('streamed'))
  })
  const [requests, streams] = [server.listenerCount('request'), server.listenerCount('stream')]
  const idle = new IdleShutdown(server, OPTIONS)
  await listen(server)
  expect(server.listenerCount('request')).toBe(requests)
  // The only additional listener is ours. The compatibility layer has not added a second one.
  expect(server.listenerCount('stream')).toBe(streams + 1)
  const client = await Http2Client.connect(addressOf(server))
  onTestFinished(() => client.destroy())
  expect((await client.ask('/').answer).body).toBe('streamed')
  await idle.closed
  expect(idle.signal.reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT' })
  expect(server.listenerCount('stream')).toBe(streams)
})

describe.each(['h2c', 'h2'] as const)('an HTTP/2 session, %s', (kind) => {
  // Node retains some ended sessions forever, and everything that their listeners reference.
  test('that has ended, or is no longer watched → no listener of ours is left on it', async () => {
    const server = makeServer(kind, new PendingRequests().handler)
    await listen(server)
    closeAfterwards(server)
    const idle = new IdleShutdown([], OPTIONS)
    const undo = idle.watch(server)
    const accepted = once(server, 'connection')
    const sessions = on(server, 'session')
    const clients = [await openSession(server, kind === 'h2'), await openSession(server, kind === 'h2')]
    const opened: Http2Session[] = []
    for await (const [session] of sessions) if (opened.push(session) === clients.length) break
    const [ended, unwatched] = opened
    if (ended === undefined || unwatched === undefined) throw new Error('there are no two sessions')
    expect([ended, unwatched].map(listeners)).toEqual([1, 1])
    const [socket] = await accepted
    const closed = once(socket, 'close')
    clients[0]?.destroy()
    await closed
    await turns(1)
    expect([ended, unwatched].map(listeners)).toEqual([0, 1])
    undo[Symbol.dispose]()
    expect([ended, unwatched].map(listeners)).toEqual([0, 0])
  })
})

test('a socket given to a server that does not listen (inetd) → starts the clock, is served, ends', async () => {
  const requests = new PendingRequests()
  const [server, front] = [createServer(requests.handler), makeServer('net')]
  const idle = new IdleShutdown(server, OPTIONS)
  front.on('connection', (socket) => server.emit('connection', socket))
  await listen(front)
  closeAfterwards(front)
  const client = new KeepAliveClient(addressOf(front))
  onTestFinished(() => client.destroy())
  expect((await client.ask('/now').answer).body).toBe(answerTo('/now'))
  expect(await idle.closed).toMatchObject({ destroyed: 0 })
  expect(await client.ended).toEqual({ how: 'FIN' })
})

describe('a connection that is any Duplex, as the manual of Node allows', () => {
  const get = 'GET /now HTTP/1.1\r\nHost: a\r\n\r\n'

  test('is served, is idle when it is kept, and is ended', async () => {
    const server = makeServer('http', new PendingRequests().handler)
    const idle = new IdleShutdown(server, OPTIONS)
    const [client, inner] = duplexPair()
    const received = collect(client)
    server.emit('connection', inner)
    expect(idle.tracker.active).toBe(1)
    client.write(get)
    await received('/now')
    expect(await idle.closed).toMatchObject({ reason: { code: 'ERR_IDLE_TIMEOUT' }, destroyed: 0 })
    expect(inner.destroyed).toBe(true)
  })

  test('half a head on it is waited for in a drain, and the answer is its last', async () => {
    const server = makeServer('http', new PendingRequests().handler)
    await listen(server)
    const idle = new IdleShutdown(server, { patience: '1h' })
    const [client, inner] = duplexPair()
    const received = collect(client)
    server.emit('connection', inner)
    client.write(get + get.slice(0, 20))
    await received('/now')
    const closed = idle.close()
    await turns()
    client.write(get.slice(20))
    expect(await received('Connection: close')).toContain('Connection: close')
    client.end()
    expect((await closed).destroyed).toBe(0)
  })

  test("upgraded, with upgrades: 'traffic' → silence lets it end", async () => {
    const server = makeServer('http').on(
      'upgrade',
      (_request: unknown, socket: Duplex) => void socket.write('switched'),
    )
    const idle = new IdleShutdown(server, { ...OPTIONS, upgrades: 'traffic', grace: 0 })
    const [client, inner] = duplexPair()
    const received = collect(client)
    server.emit('connection', inner)
    client.write(get.replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n'))
    await received('switched')
    expect(idle.tracker.active).toBe(0)
    expect(await idle.closed).toMatchObject({ reason: { code: 'ERR_IDLE_TIMEOUT' } })
  })
})

/** Returns two ends of a stream that is not a socket: no handle, no byte counters. */
function duplexPair(): [Duplex, Duplex] {
  const make = (other: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        other().push(chunk)
        setImmediate(done)
      },
      final(done) {
        other().push(null)
        done()
      },
    })
  const one: Duplex = make(() => two)
  const two: Duplex = make(() => one)
  return [one, two]
}

/** Reads a stream. Returns a function that waits for a text to arrive. */
function collect(stream: Duplex): (text: string) => Promise<string> {
  let all = ''
  stream.on('data', (chunk) => {
    all += chunk
  })
  return async (text) => {
    for (let count = 0; !all.includes(text) && count < 10_000; count++) await turns(1)
    return all
  }
}

describe.each(KINDS)('two watches on a server of kind %s', (kind) => {
  test.each([
    ['first', 0],
    ['second', 1],
  ])('the %s is undone first → the other goes on, and then nothing is left', async (_, first) => {
    const server = makeServer(kind, new PendingRequests().handler)
    const upgraded = (): void => {}
    server.on('upgrade', upgraded)
    await listen(server)
    closeAfterwards(server)
    const before = traces(server)
    const idles = [new IdleShutdown([], OPTIONS), new IdleShutdown([], OPTIONS)]
    const undos = idles.map((idle) => idle.watch(server))
    const accepted = once(server, 'connection')
    const client = await RawClient.connect(addressOf(server))
    onTestFinished(() => client.destroy())
    await accepted
    expect(idles.map(({ tracker }) => tracker.active)).toEqual([1, 1])
    undos[first]?.[Symbol.dispose]()
    expect(idles.map(({ tracker }) => tracker.active)).toEqual(first === 0 ? [0, 1] : [1, 0])
    undos[1 - first]?.[Symbol.dispose]()
    expect(idles.map(({ tracker }) => tracker.active)).toEqual([0, 0])
    expect(traces(server)).toEqual(before)
  })

  test.each([
    ['first', 0],
    ['second', 1],
  ])(
    'the user removes the listener of upgrades, and the %s is undone → no listener of ours is left',
    async (_, first) => {
      const server = makeServer(kind, new PendingRequests().handler)
      const before = traces(server)
      const upgraded = (): void => {}
      const idles = [new IdleShutdown([], OPTIONS), new IdleShutdown([], OPTIONS)]
      const undos = idles.map((idle) => idle.watch(server))
      server.on('upgrade', upgraded)
      server.off('upgrade', upgraded)
      expect(server.listenerCount('upgrade')).toBe(0)
      for (const index of [first, 1 - first]) undos[index]?.[Symbol.dispose]()
      expect(traces(server)).toEqual(before)
    },
  )

  test.each([
    ['first', 0],
    ['second', 1],
  ])('both end, the %s first → no listener and no property of ours is left', async (_, first) => {
    const server = makeServer(kind, new PendingRequests().handler)
    const before = traces(server)
    const idles = [new IdleShutdown(server, OPTIONS), new IdleShutdown(server, OPTIONS)]
    await listen(server)
    for (const index of [first, 1 - first]) void idles[index]?.close()
    await Promise.all(idles.map(({ closed }) => closed))
    expect(traces(server)).toEqual(before)
  })
})

/** Opens a client session on which a request has been answered. */
async function openSession(server: AnyServer, secure: boolean): Promise<Http2Client> {
  const client = await Http2Client.connect(addressOf(server), secure)
  onTestFinished(() => client.destroy())
  await client.ask('/now').answer
  return client
}

/** Counts the session listeners for events that Node itself does not listen to. */
function listeners(session: Http2Session): number {
  return session.listenerCount('goaway') + session.listenerCount('remoteSettings')
}

/** Returns the traces that watching could leave on a server: listeners by event, and properties. */
function traces(server: AnyServer): { events: Record<string, number>; properties: string[] } {
  const events: Record<string, number> = {}
  for (const event of server.eventNames()) events[String(event)] = server.listenerCount(event)
  // Node itself defines these when a server listens or closes.
  const node = ['_handle', '_connectionKey', '_unixSocket', '_listeningId']
  return {
    events,
    properties: Object.getOwnPropertyNames(server)
      .filter((name) => !node.includes(name))
      .sort(),
  }
}

function closeAfterwards(server: AnyServer): void {
  onTestFinished(async () => {
    const closed = once(server, 'close')
    server.close()
    await closed
  })
}
