import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Kept } from './kept.ts'

/** Both ends of a connection. */
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
    new Kept((socket, listen, head) => resolve({ socket, listen, head })).add(accepted, 3)
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
  new Kept(() => expect.unreachable()).add(accepted, 0)
  client.end()
  await once(accepted, 'close')
})

test('all are ended with the supervisor, and so is one that is given back only then', async () => {
  const [before, after] = [await pair(), await pair()]
  const kept = new Kept(() => expect.unreachable())
  kept.add(before.accepted, 0)
  kept.end()
  kept.add(after.accepted, 0)
  await Promise.all([before, after].map(({ client }) => once(client.resume(), 'end')))
})
