import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Kept } from './kept.ts'

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

test('one that speaks is handed on with its first bytes, and nothing more is read from it', async () => {
  const { client, accepted } = await pair()
  const spoke = new Promise<{ socket: Socket; listen: number; head: Buffer }>((resolve) => {
    new Kept((socket, listen, head) => resolve({ socket, listen, head })).add(accepted, 3, FOREVER)
  })
  client.write('first')
  const { socket, listen, head } = await spoke
  expect({ listen, head: String(head) }).toEqual({ listen: 3, head: 'first' })
  await new Promise((resolve) => client.write('second', resolve))
  await once(client.setTimeout(50), 'timeout')
  expect(socket.bytesRead).toBe('first'.length)
})

test('one that its client ends is let go', async () => {
  const { client, accepted } = await pair()
  const kept = new Kept(() => expect.unreachable())
  kept.add(accepted, 0, FOREVER)
  client.end()
  await once(accepted, 'close')
  expect(kept.size).toBe(0)
})

test('one that its client resets is let go', async () => {
  const { client, accepted } = await pair()
  accepted.on('error', () => {})
  const kept = new Kept(() => expect.unreachable())
  kept.add(accepted, 0, FOREVER)
  const closed = new Promise((resolve) => accepted.once('close', resolve))
  client.resetAndDestroy()
  await closed
  expect(kept.size).toBe(0)
})

test('one that says nothing for as long as its server would wait is ended, and one that speaks before is not', async () => {
  const [silent, speaking] = [await pair(), await pair()]
  const spoke = new Promise((resolve) => {
    const kept = new Kept((socket) => resolve(socket))
    kept.add(silent.accepted, 0, 60)
    kept.add(speaking.accepted, 0, 60)
  })
  speaking.client.write('words')
  expect(await spoke).toBe(speaking.accepted)
  await once(silent.client.resume(), 'end')
  expect(speaking.accepted.destroyed).toBe(false)
})

test.each([FOREVER, Number.MAX_SAFE_INTEGER])('a server that waits for %d ms: it is kept all the same', async (age) => {
  const { client, accepted } = await pair()
  const kept = new Kept(() => expect.unreachable())
  kept.add(accepted, 0, age)
  await once(client.setTimeout(50), 'timeout')
  expect(kept.size).toBe(1)
})

test('beyond the most that are kept, the oldest is ended', async () => {
  const [oldest, old, young] = [await pair(), await pair(), await pair()]
  const kept = new Kept(() => expect.unreachable(), 2)
  for (const { accepted } of [oldest, old, young]) kept.add(accepted, 0, FOREVER)
  await once(oldest.client.resume(), 'end')
  expect([kept.size, old.accepted.destroyed, young.accepted.destroyed]).toEqual([2, false, false])
})

test('of one that was piped, all that was read of it is handed on', async () => {
  const { client, accepted } = await pair()
  accepted.unshift('two')
  accepted.unshift('one ')
  const head = new Promise((resolve) => {
    new Kept((_, __, read) => resolve(String(read))).add(accepted, 0, FOREVER)
  })
  expect(await head).toBe('one two')
  client.destroy()
})

test('all are ended with the supervisor, and so is one that is given back only then', async () => {
  const [before, after] = [await pair(), await pair()]
  const kept = new Kept(() => expect.unreachable())
  kept.add(before.accepted, 0, FOREVER)
  kept.end()
  kept.add(after.accepted, 0, FOREVER)
  await Promise.all([before, after].map(({ client }) => once(client.resume(), 'end')))
})
