import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { IdlePool } from './idle-pool.ts'

const FOREVER = 0

/** Returns both ends of a connection. */
async function pair(): Promise<{ client: Socket; accepted: Socket }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const client = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1')
  const [accepted] = await once(server, 'connection')
  server.close()
  onTestFinished(() => {
    client.destroy()
    accepted.destroy()
  })
  return { client, accepted }
}

test('a connection that sends data is passed on with its first bytes, and nothing more is read of it', async () => {
  const { client, accepted } = await pair()
  const spoke = new Promise<{ socket: Socket; listen: number; head: Buffer }>((resolve) => {
    new IdlePool((socket, listen, head) => resolve({ socket, listen, head })).add(accepted, 3, FOREVER)
  })
  client.write('first')
  const { socket, listen, head } = await spoke
  expect({ listen, head: String(head) }).toEqual({ listen: 3, head: 'first' })
  await new Promise((resolve) => client.write('second', resolve))
  await once(client.setTimeout(50), 'timeout')
  expect(socket.bytesRead).toBe('first'.length)
})

test('a connection is dropped when its client ends it', async () => {
  const { client, accepted } = await pair()
  const pool = new IdlePool(() => expect.unreachable())
  pool.add(accepted, 0, FOREVER)
  client.end()
  await once(accepted, 'close')
  expect(pool.size).toBe(0)
})

test('a connection is dropped when its client resets it', async () => {
  const { client, accepted } = await pair()
  accepted.on('error', () => {})
  const pool = new IdlePool(() => expect.unreachable())
  pool.add(accepted, 0, FOREVER)
  const closed = new Promise((resolve) => accepted.once('close', resolve))
  client.resetAndDestroy()
  await closed
  expect(pool.size).toBe(0)
})

test('a connection is closed when it is silent for as long as its server would wait, and not when it sends data before', async () => {
  const [silent, speaking] = [await pair(), await pair()]
  const spoke = new Promise((resolve) => {
    const pool = new IdlePool((socket) => resolve(socket))
    pool.add(silent.accepted, 0, 60)
    pool.add(speaking.accepted, 0, 60)
  })
  speaking.client.write('words')
  expect(await spoke).toBe(speaking.accepted)
  await once(silent.client.resume(), 'end')
  expect(speaking.accepted.destroyed).toBe(false)
})

test.each([FOREVER, Number.MAX_SAFE_INTEGER])('a connection is kept when its server waits for %d ms', async (age) => {
  const { client, accepted } = await pair()
  const pool = new IdlePool(() => expect.unreachable())
  pool.add(accepted, 0, age)
  await once(client.setTimeout(50), 'timeout')
  expect(pool.size).toBe(1)
})

test('the oldest connection is closed when there are too many', async () => {
  const [oldest, old, young] = [await pair(), await pair(), await pair()]
  const pool = new IdlePool(() => expect.unreachable(), 2)
  for (const { accepted } of [oldest, old, young]) pool.add(accepted, 0, FOREVER)
  await once(oldest.client.resume(), 'end')
  expect([pool.size, old.accepted.destroyed, young.accepted.destroyed]).toEqual([2, false, false])
})

test('a piped connection is passed on with all bytes that were read', async () => {
  const { client, accepted } = await pair()
  accepted.unshift('two')
  accepted.unshift('one ')
  const head = new Promise((resolve) => {
    new IdlePool((_, __, read) => resolve(String(read))).add(accepted, 0, FOREVER)
  })
  expect(await head).toBe('one two')
  client.destroy()
})

test('all connections are closed with the supervisor, also one that is returned only then', async () => {
  const [before, after] = [await pair(), await pair()]
  const pool = new IdlePool(() => expect.unreachable())
  pool.add(before.accepted, 0, FOREVER)
  pool.end()
  pool.add(after.accepted, 0, FOREVER)
  await Promise.all([before, after].map(({ client }) => once(client.resume(), 'end')))
})
