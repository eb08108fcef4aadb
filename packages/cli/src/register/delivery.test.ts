import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { giveHandle, giveSocket } from './delivery.ts'

/** Returns a server that answers `read BYTES` to the bytes that it reads, and already has one connection. */
async function fullServer(): Promise<Server> {
  const server = createServer((socket) => socket.on('data', (chunk) => socket.write(`read ${chunk}`)))
  server.maxConnections = 1
  await listen(server)
  const first = connect(portOf(server), '127.0.0.1')
  await once(server, 'connection')
  onTestFinished(() => void first.destroy())
  return server
}

/** Returns a client, and the handle of its connection, which another server accepted. */
async function delivered(): Promise<{ client: Socket; handle: object }> {
  const front = createServer({ pauseOnConnect: true })
  await listen(front)
  const accepted = new Promise<object>((resolve) => {
    Reflect.set(Object(Reflect.get(front, '_handle')), 'onconnection', (_: number, handle: object) => resolve(handle))
  })
  const client = connect(portOf(front), '127.0.0.1').setEncoding('utf8')
  client.on('error', () => {})
  const handle = await accepted
  front.close()
  onTestFinished(() => void client.destroy())
  return { client, handle }
}

async function listen(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

const HEAD = Buffer.from('secret')

test('the head of a connection that a full server drops is put on no other', async () => {
  const server = await fullServer()
  const dropped = vi.fn()
  server.on('drop', dropped)
  const { client, handle } = await delivered()
  expect(giveHandle(server, handle, { head: HEAD })).toBeUndefined()
  expect(dropped).toHaveBeenCalledOnce()
  expect(server.listenerCount('connection')).toBe(1)
  await once(client.resume(), 'close')
  server.maxConnections = 2
  const next = await delivered()
  giveHandle(server, next.handle)
  next.client.write('own')
  expect(await once(next.client, 'data')).toEqual(['read own'])
})

test('a head is put on its own connection, though a listener of another emits one in between', async () => {
  const server = await fullServer()
  const stranger = new Socket()
  const unshift = vi.spyOn(stranger, 'unshift')
  server.once('drop', () => server.emit('connection', stranger))
  giveHandle(server, (await delivered()).handle, { head: HEAD })
  expect(unshift).not.toHaveBeenCalled()
})

test('a connection that was kept is let into a full server, whose limit stays', async () => {
  const server = await fullServer()
  const seen: unknown[] = []
  server.prependListener('connection', () => seen.push(server.maxConnections))
  const { client, handle } = await delivered()
  expect(giveHandle(server, handle, { head: HEAD, kept: true })).toBeInstanceOf(Socket)
  expect(await once(client, 'data')).toEqual(['read secret'])
  expect(seen).toEqual([1])
  const next = await delivered()
  expect(giveHandle(server, next.handle)).toBeUndefined()
})

test('a connection that is a socket already is dropped by a full server as any other, unless it was kept', async () => {
  const server = await fullServer()
  const dropped = vi.fn()
  server.on('drop', dropped)
  const [one, two] = [await delivered(), await delivered()]
  const socketOf = (handle: object): Socket => Reflect.construct(Socket, [{ handle }])
  expect(giveSocket(server, socketOf(one.handle))).toBeUndefined()
  expect(dropped).toHaveBeenCalledWith(expect.objectContaining({ remoteAddress: '127.0.0.1' }))
  await once(one.client.resume(), 'close')
  expect(giveSocket(server, socketOf(two.handle), { head: HEAD, kept: true })).toBeInstanceOf(Socket)
  expect(await once(two.client, 'data')).toEqual(['read secret'])
})
