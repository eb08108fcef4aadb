import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttp2, createSecureServer } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { createServer as createNet } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { discover, SERVE } from './discovery.ts'
import type { AnyServer } from './server.ts'

const servers: AnyServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(server: AnyServer, path?: string): Promise<void> {
  servers.push(server)
  if (path === undefined) server.listen(0)
  else server.listen(path)
  await once(server, 'listening')
}

test('finds a server that gets a connection and never listens', () => {
  const handler = (): void => {}
  const server = createHttp(handler)
  const found: AnyServer[] = []
  const undo = discover(handler, (server) => found.push(server))
  channel(SERVE).publish({ server })
  undo()
  expect(found).toEqual([server])
})

test.each<[string, (handler: () => void) => AnyServer]>([
  ['http', (handler) => createHttp(handler)],
  ['https', (handler) => createHttps({}, handler)],
  ['h2c', (handler) => createHttp2(handler)],
  ['h2', (handler) => createSecureServer({}, handler)],
  ['a handler that was added later', (handler) => createHttp().on('request', handler)],
  [
    'a handler among others',
    (handler) =>
      createHttp(() => {})
        .on('request', handler)
        .on('request', () => {}),
  ],
  ['a handler that is there twice', (handler) => createHttp(handler).on('request', handler)],
  ['a handler for one request', (handler) => createHttp().once('request', handler)],
])('finds a server that listens: %s', async (_, make) => {
  const handler = (): void => {}
  const found: AnyServer[] = []
  const undo = discover(handler, (server) => found.push(server))
  const server = make(handler)
  expect(found).toEqual([])
  await listen(server)
  undo()
  expect(found).toHaveLength(1)
  expect(found[0]).toBe(server)
})

test('finds a server before its listening event, and before a connection', async () => {
  const handler = (): void => {}
  const order: string[] = []
  const undo = discover(handler, () => order.push('found'))
  const server = createHttp(handler).on('listening', () => order.push('listening'))
  await listen(server)
  undo()
  expect(order).toEqual(['found', 'listening'])
})

test('finds a server on a unix socket', async () => {
  const handler = (): void => {}
  const found: AnyServer[] = []
  const undo = discover(handler, (server) => found.push(server))
  await listen(createHttp(handler), join(tmpdir(), `idle-discovery-${process.pid}.sock`))
  undo()
  expect(found).toHaveLength(1)
})

test('finds every server of a handler, and the same one again when it listens again', async () => {
  const handler = (): void => {}
  const found: AnyServer[] = []
  const undo = discover(handler, (server) => found.push(server))
  const [one, two] = [createHttp(handler), createHttp(handler)]
  await listen(one)
  await listen(two)
  one.close()
  await once(one, 'close')
  await listen(one)
  undo()
  expect(found.map((server) => (server === one ? 'one' : 'two'))).toEqual(['one', 'two', 'one'])
})

test('does not find servers of other handlers, or one whose listener merely calls the handler', async () => {
  const handler = (): void => {}
  const found: AnyServer[] = []
  const undo = discover(handler, (server) => found.push(server))
  await listen(createHttp())
  await listen(createHttp(() => handler()))
  await listen(createNet(handler))
  undo()
  expect(found).toEqual([])
})

test('calls each of several callbacks until its own undo', async () => {
  const handler = (): void => {}
  const calls: string[] = []
  const undoFirst = discover(handler, () => calls.push('first'))
  const undoSecond = discover(handler, () => calls.push('second'))
  await listen(createHttp(handler))
  undoFirst()
  undoFirst()
  await listen(createHttp(handler))
  undoSecond()
  await listen(createHttp(handler))
  expect(calls).toEqual(['first', 'second', 'second'])
})
