import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Pipe } from './pipe.ts'

/** Returns both ends of a connection. The accepted end does not read yet. */
async function pair(): Promise<[connected: Socket, accepted: Socket]> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const connected = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [accepted] = await once(server, 'connection')
  server.close()
  for (const socket of [connected, accepted]) {
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
  }
  return [connected, accepted]
}

/** Returns a client and a server, with a pipe between them through which `hello` has been sent. */
async function piped(): Promise<{ client: Socket; server: Socket; pipe: Pipe }> {
  const [[client, accepted], [inner, server]] = [await pair(), await pair()]
  const pipe = new Pipe(accepted, inner, undefined)
  client.setEncoding('utf8')
  server.setEncoding('utf8').resume()
  client.write('hello')
  expect(await once(server, 'data')).toEqual(['hello'])
  return { client, server, pipe }
}

async function silent(socket: Socket): Promise<boolean> {
  const said = once(socket, 'data').then(() => false)
  return Promise.race([said, once(socket.setTimeout(50), 'timeout').then(() => true)])
}

test('a parked pipe sends the server nothing more, and the client all that the server writes', async () => {
  const { client, server, pipe } = await piped()
  expect(pipe.park()).toBe('hello'.length)
  client.write('more')
  expect(await silent(server)).toBe(true)
  server.write('an answer')
  expect(await once(client, 'data')).toEqual(['an answer'])
})

test('an unparked pipe sends all bytes in both directions', async () => {
  const { client, server, pipe } = await piped()
  pipe.park()
  client.write('more')
  expect(await silent(server)).toBe(true)
  pipe.unpark()
  expect(await once(server, 'data')).toEqual(['more'])
  client.end('all')
  expect(await once(server, 'data')).toEqual(['all'])
  await once(server, 'end')
  server.end('done')
  expect(await once(client, 'data')).toEqual(['done'])
  await once(client, 'end')
})

test('a returned client stays open with its bytes unread, and the server receives the end', async () => {
  const { client, server, pipe } = await piped()
  pipe.park()
  client.write('more')
  const ended = once(server, 'end')
  const left = new Promise<Socket>((resolve) => pipe.leave(0, resolve))
  await ended
  expect((await left).bytesRead).toBe('hello'.length)
  expect(await silent(client)).toBe(true)
  expect(client.readableEnded).toBe(false)
})

test('a client is returned only when it has all that the server wrote', async () => {
  const { client, server, pipe } = await piped()
  pipe.park()
  const left = new Promise<Socket>((resolve) => pipe.leave('an answer'.length, resolve))
  server.write('an ')
  expect(await once(client, 'data')).toEqual(['an '])
  expect(server.readableEnded).toBe(false)
  server.write('answer')
  expect(await once(client, 'data')).toEqual(['answer'])
  expect((await left).destroyed).toBe(false)
  await once(server, 'end')
})

test('a client of a parked connection is closed when the server ends without a message', async () => {
  const { client, server, pipe } = await piped()
  pipe.park()
  server.destroy()
  await once(client.resume(), 'end')
  pipe.leave(0, () => expect.unreachable())
  client.end()
  await once(client, 'close')
})

test('a server cannot return a client whose connection is not parked', async () => {
  const { client, server, pipe } = await piped()
  pipe.leave(0, () => expect.unreachable())
  client.write('more')
  expect(await once(server, 'data')).toEqual(['more'])
})
