import { once } from 'node:events'
import { connect, createServer, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { ConnectionQueue } from './connection-queue.ts'

const server = createServer({ pauseOnConnect: true, allowHalfOpen: true })
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => server.close())
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Returns a client that a full queue turns away, and the supervisor's side of its connection. */
async function turnedAway(): Promise<{ client: Socket; socket: Socket }> {
  const queue = new ConnectionQueue(1, () => {})
  expect(queue.add({ id: 1, listen: 0, socket: new Socket() })).toBe(true)
  const address = server.address()
  const accepted = once(server, 'connection')
  const client = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  const [socket] = await accepted
  expect(queue.add({ id: 2, listen: 0, socket })).toBe(false)
  return { client, socket }
}

test('a full queue answers a client that sends its request after more than a second', async () => {
  const { client } = await turnedAway()
  vi.advanceTimersByTime(4900)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(await text(client)).toMatch(/^HTTP\/1\.1 503 /)
})

test('a full queue closes the connection of a client that sends nothing', async () => {
  const { socket } = await turnedAway()
  vi.advanceTimersByTime(5000)
  expect(socket.destroyed).toBe(true)
})
