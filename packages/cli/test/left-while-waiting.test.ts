import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { ConnectionRouter } from '../src/run/connections/connection-router.ts'
import { isReset } from '../src/socket-handle.ts'
import { routerEvents } from './router-events.ts'

/** Returns clients, and their connections as a supervisor accepts them, which are not read. */
async function pairs(count: number): Promise<{ readonly clients: Socket[]; readonly accepted: Socket[] }> {
  const accepted: Socket[] = []
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    accepted.push(socket.on('error', () => {}))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address: AddressInfo | string | null = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const clients: Socket[] = []
  while (clients.length < count) {
    const client = connect(port, '127.0.0.1')
    const arrived = once(server, 'connection')
    await Promise.all([once(client, 'connect'), arrived])
    clients.push(client)
  }
  server.close()
  return { clients, accepted }
}

test('a client that resets its connection leaves the queue, and a client that ends its side waits', async () => {
  const { clients, accepted } = await pairs(4)
  let full = 0
  const router = new ConnectionRouter(
    3,
    1,
    routerEvents({
      full: () => full++,
    }),
  )
  const [first, second, third, fourth] = accepted
  for (const socket of [first, second, third]) if (socket !== undefined) router.accept(socket, 0)
  clients[0]?.resetAndDestroy()
  clients[1]?.end('half')
  await expect.poll(() => first !== undefined && isReset(first)).toBe(true)
  if (fourth !== undefined) router.accept(fourth, 0)
  expect({ waiting: router.waiting, full, gone: first?.destroyed, half: second?.destroyed }).toEqual({
    waiting: 3,
    full: 0,
    gone: true,
    half: false,
  })
  clients[2]?.resetAndDestroy()
  await expect.poll(() => third !== undefined && isReset(third)).toBe(true)
  router.dropReset()
  expect({ waiting: router.waiting, gone: third?.destroyed }).toEqual({ waiting: 2, gone: true })
  for (const socket of [...clients, ...accepted]) socket.destroy()
})
