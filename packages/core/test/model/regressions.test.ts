import { type ClientHttp2Session, connect } from 'node:http2'
import { expect, onTestFinished, test } from 'vitest'
import { PATIENCE, type Settings } from './model.ts'
import { Real } from './real.ts'

// Failures that the model has found, each as the shortest sequence that shows it. 1 is the server, 2 and 3 are
// connections.

const head = (number: number, headers = ''): string => `PUT /?${number} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`
const ignoredHead = (number: number): string => head(number).replace(`${number}`, `${number}ignored`)

/** Starts a real shutdown with one server that listens, watched or not yet. */
async function start(
  settings: Partial<Settings>,
  { watched = true, kind = 'http' }: { watched?: boolean; kind?: 'http' | 'http2' } = {},
): Promise<Real> {
  const real = new Real({ activity: 'connections', upgrades: 'open', startupPatience: PATIENCE, ...settings })
  onTestFinished(() => real.dispose())
  real.add({ kind, number: 1 })
  if (watched) real.watch(1)
  real.listen(1)
  await real.settle()
  return real
}

async function send(real: Real, number: number, text: string): Promise<void> {
  real.wire(number).client.write(text)
  await real.settle()
}

test('counts an upgraded socket until it closes when its server is watched late', async () => {
  const real = await start({}, { watched: false })
  real.connect(2, 1)
  await send(real, 2, head(3, 'Connection: upgrade\r\nUpgrade: test\r\n'))
  real.watch(1)
  expect(real.idle.tracker.active).toBe(1)
  expect(real.idle.tracker.explain().reasons).toMatchObject([{ kind: 'upgrade' }])
  await real.clock.advance(3 * PATIENCE)
  expect(real.aborts).toBe(0)
  real.disconnect(2, 'fin')
  await real.settle()
  await real.clock.advance(PATIENCE)
  expect(real.endedAt).toBe(4 * PATIENCE)
})

test("renews by bytes on an upgraded socket when its server is watched late with upgrades: 'traffic'", async () => {
  const real = await start({ upgrades: 'traffic' }, { watched: false })
  real.connect(2, 1)
  await send(real, 2, head(3, 'Connection: upgrade\r\nUpgrade: test\r\n'))
  real.watch(1)
  expect(real.idle.tracker.active).toBe(0)
  await send(real, 2, 'bytes')
  await real.clock.advance(2 * PATIENCE)
  expect(real.endedAt).toBe(2 * PATIENCE)
})

test.each([
  ['closes', (real: Real) => real.disconnect(2, 'fin')],
  ['is reset', (real: Real) => real.disconnect(2, 'reset')],
  ['is no longer watched', (real: Real) => real.unwatch(1)],
])("renews by bytes on an upgraded socket that %s before the deadline, with upgrades: 'traffic'", async (_, end) => {
  const real = await start({ upgrades: 'traffic' })
  real.connect(2, 1)
  await send(real, 2, head(3, 'Connection: upgrade\r\nUpgrade: test\r\n'))
  await real.clock.advance(PATIENCE)
  expect(real.deadline).toBe(2 * PATIENCE)
  await real.clock.advance(1000)
  await send(real, 2, 'bytes')
  end(real)
  await real.settle()
  expect(real.deadline).toBe(2 * PATIENCE + 1000)
})

test('counts pipelined requests until the last is answered when their server is watched late', async () => {
  const real = await start({}, { watched: false })
  real.connect(2, 1)
  await send(real, 2, head(3) + head(4))
  real.watch(1)
  await real.clock.advance(2 * PATIENCE)
  real.exchange(3).response.end()
  await real.settle()
  expect(real.idle.tracker.active).toBe(1)
  await real.clock.advance(2 * PATIENCE)
  expect(real.aborts).toBe(0)
  real.exchange(4).response.end()
  await real.settle()
  expect(real.idle.tracker.active).toBe(0)
})

test('counts what is in progress when a server is watched that no longer listens', async () => {
  const real = await start({}, { watched: false })
  real.connect(2, 1)
  await send(real, 2, head(3))
  real.server(1).close()
  real.watch(1)
  expect(real.idle.tracker.active).toBe(1)
})

test('waits for half a head that arrived during an ignored request', async () => {
  const real = await start({ activity: 'requests' })
  real.connect(2, 1)
  await real.clock.advance(PATIENCE - 1)
  await send(real, 2, `${ignoredHead(3)}`)
  await send(real, 2, 'PUT /')
  real.exchange(3).response.end()
  await real.settle()
  await real.clock.advance(1000)
  expect(real.aborts).toBe(0)
  await real.clock.advance(1)
  expect(real.endedAt).toBe(PATIENCE + 1000)
})

test('waits for a partial head, whatever else ends meanwhile', async () => {
  const real = await start({ activity: 'requests' })
  real.connect(2, 1)
  await real.clock.advance(PATIENCE - 1)
  await send(real, 2, 'PUT /')
  await real.clock.advance(1)
  const hold = real.idle.tracker.hold()
  await real.clock.advance(499)
  hold.cancel()
  await real.clock.advance(500)
  expect(real.aborts).toBe(0)
  await real.clock.advance(1)
  expect(real.endedAt).toBe(PATIENCE + 1000)
})

/** Opens a client's session on connection `number`. Its SETTINGS have arrived. */
async function greet(real: Real, number: number): Promise<ClientHttp2Session> {
  real.connect(number, 1)
  const session = connect('http://localhost', { createConnection: () => real.wire(number).client })
  session.on('error', () => {})
  await real.settle()
  return session
}

test('counts an HTTP/2 session on a stream without a kernel socket like one on a socket', async () => {
  const real = await start({}, { kind: 'http2' })
  await real.clock.advance(1000)
  const session = await greet(real, 2)
  expect(real.deadline).toBe(1000 + PATIENCE)
  session.request({ ':path': '/3' }).on('error', () => {})
  await real.settle()
  expect(real.idle.tracker.explain().reasons).toMatchObject([{ kind: 'request' }])
})

test('does not renew when several HTTP/2 sessions carry only ignored streams at the same time', async () => {
  const real = await start({}, { kind: 'http2' })
  await real.clock.advance(1000)
  const sessions = [await greet(real, 2), await greet(real, 3)]
  for (const [index, session] of sessions.entries()) {
    session.request({ ':path': `/${index + 4}ignored` }).on('error', () => {})
  }
  await real.settle()
  expect(real.deadline).toBe(PATIENCE)
})

test('renews once when a suspend is noticed during an HTTP/2 stream that is revoked later', async () => {
  const real = await start({}, { kind: 'http2' })
  const session = await greet(real, 2)
  session.request({ ':path': '/3' }).on('error', () => {})
  await real.settle()
  real.clock.suspend(3_600_000)
  // A second before the deadline, the mark sees the bytes. A millisecond later, the stream is ignored.
  await real.clock.advance(PATIENCE - 999)
  const { request, response } = real.exchange(3)
  real.idle.ignoreRequest(request)
  response.end()
  await real.settle()
  await real.clock.advance(2 * PATIENCE)
  expect(real.endedAt).toBe(PATIENCE - 1000 + PATIENCE)
})

test('stops counting a silent HTTP/2 session after two patiences, also if it began while something else was active', async () => {
  const real = await start({}, { kind: 'http2' })
  const hold = real.idle.tracker.hold()
  await real.clock.advance(3 * PATIENCE)
  real.connect(2, 1)
  await real.settle()
  hold.cancel()
  await real.clock.advance(2 * PATIENCE - 1)
  expect(real.idle.tracker.active).toBe(1)
  await real.clock.advance(1)
  expect(real.idle.tracker.active).toBe(0)
  await real.clock.advance(PATIENCE)
  expect(real.endedAt).toBe(6 * PATIENCE)
})

test('leaves the watches of others alone when a watch is undone after the end', async () => {
  const ended = await start({})
  await ended.idle.close()
  const other = await start({})
  ended.unwatch(1)
  other.connect(2, 1)
  await send(other, 2, head(3) + head(4))
  expect(other.idle.tracker.active).toBe(2)
})
