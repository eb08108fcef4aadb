import { type ClientHttp2Session, connect } from 'node:http2'
import { expect, onTestFinished, test } from 'vitest'
import { PATIENCE, type Settings } from './reference.ts'
import { System } from './system.ts'

// Failures that the model has found, each as the shortest sequence that shows it. 1 is the server, 2 and 3 are
// connections.

const head = (number: number, headers = ''): string => `PUT /?${number} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`
const ignoredHead = (number: number): string => head(number).replace(`${number}`, `${number}ignored`)

/** Starts a system with one server that listens, watched or not yet. */
async function start(
  settings: Partial<Settings>,
  { watched = true, kind = 'http' }: { watched?: boolean; kind?: 'http' | 'http2' } = {},
): Promise<System> {
  const system = new System({ activity: 'connections', upgrades: 'open', startupPatience: PATIENCE, ...settings })
  onTestFinished(() => system.dispose())
  system.add({ kind, number: 1 })
  if (watched) system.watch(1)
  system.listen(1)
  await system.settle()
  return system
}

async function send(system: System, number: number, text: string): Promise<void> {
  system.wire(number).client.write(text)
  await system.settle()
}

test('watched late: an upgraded socket is active until it closes', async () => {
  const system = await start({}, { watched: false })
  system.connect(2, 1)
  await send(system, 2, head(3, 'Connection: upgrade\r\nUpgrade: test\r\n'))
  system.watch(1)
  expect(system.idle.tracker.active).toBe(1)
  expect(system.idle.tracker.explain().reasons).toMatchObject([{ kind: 'upgrade' }])
  await system.clock.advance(3 * PATIENCE)
  expect(system.aborts).toBe(0)
  system.disconnect(2, 'fin')
  await system.settle()
  await system.clock.advance(PATIENCE)
  expect(system.endedAt).toBe(4 * PATIENCE)
})

test("watched late with upgrades: 'traffic': bytes on an upgraded socket renew", async () => {
  const system = await start({ upgrades: 'traffic' }, { watched: false })
  system.connect(2, 1)
  await send(system, 2, head(3, 'Connection: upgrade\r\nUpgrade: test\r\n'))
  system.watch(1)
  expect(system.idle.tracker.active).toBe(0)
  await send(system, 2, 'bytes')
  await system.clock.advance(2 * PATIENCE)
  expect(system.endedAt).toBe(2 * PATIENCE)
})

test('watched late: pipelined requests are active until the last is answered', async () => {
  const system = await start({}, { watched: false })
  system.connect(2, 1)
  await send(system, 2, head(3) + head(4))
  system.watch(1)
  await system.clock.advance(2 * PATIENCE)
  system.exchange(3).response.end()
  await system.settle()
  expect(system.idle.tracker.active).toBe(1)
  await system.clock.advance(2 * PATIENCE)
  expect(system.aborts).toBe(0)
  system.exchange(4).response.end()
  await system.settle()
  expect(system.idle.tracker.active).toBe(0)
})

test('watched when it no longer listens: what is in progress counts', async () => {
  const system = await start({}, { watched: false })
  system.connect(2, 1)
  await send(system, 2, head(3))
  system.server(1).close()
  system.watch(1)
  expect(system.idle.tracker.active).toBe(1)
})

test('half a head that came during an ignored request is waited for', async () => {
  const system = await start({ activity: 'requests' })
  system.connect(2, 1)
  await system.clock.advance(PATIENCE - 1)
  await send(system, 2, `${ignoredHead(3)}`)
  await send(system, 2, 'PUT /')
  system.exchange(3).response.end()
  await system.settle()
  await system.clock.advance(1000)
  expect(system.aborts).toBe(0)
  await system.clock.advance(1)
  expect(system.endedAt).toBe(PATIENCE + 1000)
})

test('a head that has begun is waited for, whatever else ends meanwhile', async () => {
  const system = await start({ activity: 'requests' })
  system.connect(2, 1)
  await system.clock.advance(PATIENCE - 1)
  await send(system, 2, 'PUT /')
  await system.clock.advance(1)
  const hold = system.idle.tracker.hold()
  await system.clock.advance(499)
  hold.cancel()
  await system.clock.advance(500)
  expect(system.aborts).toBe(0)
  await system.clock.advance(1)
  expect(system.endedAt).toBe(PATIENCE + 1000)
})

/** Opens a client's session on connection `number`. Its SETTINGS have arrived. */
async function greet(system: System, number: number): Promise<ClientHttp2Session> {
  system.connect(number, 1)
  const session = connect('http://localhost', { createConnection: () => system.wire(number).client })
  session.on('error', () => {})
  await system.settle()
  return session
}

test('an HTTP/2 session on a stream that is no kernel socket counts as one on a socket does', async () => {
  const system = await start({}, { kind: 'http2' })
  await system.clock.advance(1000)
  const session = await greet(system, 2)
  expect(system.deadline).toBe(1000 + PATIENCE)
  session.request({ ':path': '/3' }).on('error', () => {})
  await system.settle()
  expect(system.idle.tracker.explain().reasons).toMatchObject([{ kind: 'stream' }])
})

test('several HTTP/2 sessions with only ignored streams at the same time are no activity', async () => {
  const system = await start({}, { kind: 'http2' })
  await system.clock.advance(1000)
  const sessions = [await greet(system, 2), await greet(system, 3)]
  for (const [index, session] of sessions.entries()) {
    session.request({ ':path': `/${index + 4}ignored` }).on('error', () => {})
  }
  await system.settle()
  expect(system.deadline).toBe(PATIENCE)
})

test('a suspend during an HTTP/2 stream that turns out to be no activity renews once, when it is noticed', async () => {
  const system = await start({}, { kind: 'http2' })
  const session = await greet(system, 2)
  session.request({ ':path': '/3' }).on('error', () => {})
  await system.settle()
  system.clock.suspend(3_600_000)
  // A second before the deadline, the mark sees the bytes. A millisecond later, the stream is ignored.
  await system.clock.advance(PATIENCE - 999)
  const { request, response } = system.exchange(3)
  system.idle.ignore(request)
  response.end()
  await system.settle()
  await system.clock.advance(2 * PATIENCE)
  expect(system.endedAt).toBe(PATIENCE - 1000 + PATIENCE)
})

test('a silent HTTP/2 session is let go after two patiences, also where it came while something else was active', async () => {
  const system = await start({}, { kind: 'http2' })
  const hold = system.idle.tracker.hold()
  await system.clock.advance(3 * PATIENCE)
  system.connect(2, 1)
  await system.settle()
  hold.cancel()
  await system.clock.advance(2 * PATIENCE - 1)
  expect(system.idle.tracker.active).toBe(1)
  await system.clock.advance(1)
  expect(system.idle.tracker.active).toBe(0)
  await system.clock.advance(PATIENCE)
  expect(system.endedAt).toBe(6 * PATIENCE)
})

test('a watch that is undone after the end leaves those of others alone', async () => {
  const ended = await start({})
  await ended.idle.close()
  const other = await start({})
  ended.unwatch(1)
  other.connect(2, 1)
  await send(other, 2, head(3) + head(4))
  expect(other.idle.tracker.active).toBe(2)
})
