import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { injectHandle, injectSocket } from './inject-connection.ts'

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
async function isFromSupervisor(): Promise<{ client: Socket; handle: object }> {
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

test('the head of a connection that a full server drops reaches no other connection', async () => {
  const server = await fullServer()
  const dropped = vi.fn()
  server.on('drop', dropped)
  const { client, handle } = await isFromSupervisor()
  expect(injectHandle(server, handle, { head: HEAD })).toBeUndefined()
  expect(dropped).toHaveBeenCalledOnce()
  expect(server.listenerCount('connection')).toBe(1)
  await once(client.resume(), 'close')
  server.maxConnections = 2
  const next = await isFromSupervisor()
  injectHandle(server, next.handle)
  next.client.write('own')
  expect(await once(next.client, 'data')).toEqual(['read own'])
})

test('a head reaches its own connection when a listener emits another connection in between', async () => {
  const server = await fullServer()
  const stranger = new Socket()
  const unshift = vi.spyOn(stranger, 'unshift')
  server.once('drop', () => server.emit('connection', stranger))
  injectHandle(server, (await isFromSupervisor()).handle, { head: HEAD })
  expect(unshift).not.toHaveBeenCalled()
})

test('a full server accepts a returned connection, and keeps its limit', async () => {
  const server = await fullServer()
  const seen: unknown[] = []
  server.prependListener('connection', () => seen.push(server.maxConnections))
  const { client, handle } = await isFromSupervisor()
  expect(injectHandle(server, handle, { head: HEAD, returned: true })).toBeInstanceOf(Socket)
  expect(await once(client, 'data')).toEqual(['read secret'])
  expect(seen).toEqual([1])
  const next = await isFromSupervisor()
  expect(injectHandle(server, next.handle)).toBeUndefined()
})

test('a full server drops a connection that is a socket, unless it was returned', async () => {
  const server = await fullServer()
  const dropped = vi.fn()
  server.on('drop', dropped)
  const [one, two] = [await isFromSupervisor(), await isFromSupervisor()]
  const socketOf = (handle: object): Socket => Reflect.construct(Socket, [{ handle }])
  expect(injectSocket(server, socketOf(one.handle))).toBeUndefined()
  expect(dropped).toHaveBeenCalledWith(expect.objectContaining({ remoteAddress: '127.0.0.1' }))
  await once(one.client.resume(), 'close')
  expect(injectSocket(server, socketOf(two.handle), { head: HEAD, returned: true })).toBeInstanceOf(Socket)
  expect(await once(two.client, 'data')).toEqual(['read secret'])
})
