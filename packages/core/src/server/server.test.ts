import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttp2, createSecureServer } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect, createServer as createNet, type Server } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { refusal } from '../../test/refusal.ts'
import { type AnyServer, checkServer, isHttp1, isHttp2, isTls, keepConnectionsOnClose, liveSockets } from './server.ts'

const kinds: [name: string, make: () => AnyServer, http1: boolean, http2: boolean, tls: boolean][] = [
  ['http', createHttp, true, false, false],
  ['https', createHttps, true, false, true],
  ['h2c', createHttp2, false, true, false],
  ['h2', createSecureServer, false, true, true],
  ['net', createNet, false, false, false],
  ['tls', createTls, false, false, true],
]

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

async function listening<T extends AnyServer>(server: T): Promise<T> {
  server.listen(0)
  cleanUps.push(() => server.close())
  await once(server, 'listening')
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

describe.each(kinds)('%s', (_, make, http1, http2, tls) => {
  test('is recognized as a server of its kind', () => {
    const server = make()
    expect(refusal(() => checkServer(server))).toBe('accepted')
    expect([isHttp1(server), isHttp2(server), isTls(server)]).toEqual([http1, http2, tls])
  })

  test('closes while its connections are kept, and is left as it was', async () => {
    const server = await listening(make())
    const before = Object.keys(Object.getOwnPropertyDescriptors(server))
    const undo = keepConnectionsOnClose(server)
    const closed = once(server, 'close')
    server.close()
    expect(server.listening).toBe(false)
    await closed
    undo()
    undo()
    expect(Object.keys(Object.getOwnPropertyDescriptors(server))).toEqual(before)
  })

  test('has the methods of HTTP/1 if it is recognized as HTTP/1', () => {
    const server = make()
    const methods = ['closeIdleConnections', 'closeAllConnections'].filter((name) => !(name in server))
    expect(isHttp1(server) ? methods : []).toEqual([])
  })
})

describe('rejects', () => {
  const check = (value: unknown): string => refusal(() => Reflect.apply(checkServer, undefined, [value]))
  const app = Object.assign(() => {}, { listen: () => createHttp(), use: () => {} })
  const fastify = { listen: async () => {}, close: async () => {}, server: createHttp() }

  test.each([
    ['null', null, 'Received null'],
    ['undefined', undefined, 'Received undefined'],
    ['a text', 'localhost:80', "Received 'localhost:80'"],
    ['a port', 80, 'Received 80'],
    ['an object', {}, 'Received {}'],
    ['a function', () => {}, 'Received '],
    ['a socket', connect, 'Received '],
  ])('%s', (_, value, said) => {
    expect(check(value)).toContain('ERR_IDLE_INVALID_SERVER: "server" must be ')
    expect(check(value)).toContain(said)
    expect(check(value)).toContain('must be a server of node:http, https, http2, net or tls')
    expect(check(value)).not.toContain('listen()')
  })

  test.each([
    ['an Express app', app],
    ['a Fastify instance', fastify],
  ])('%s, and says what to pass instead', (_, value) => {
    expect(check(value)).toMatch(/^ERR_IDLE_INVALID_SERVER: .*\. Pass the server that listen\(\) of the app returns$/)
  })
})

describe('the close of an HTTP server whose connections are kept', () => {
  test('calls no closeIdleConnections: it would cut responses that are not flushed', async () => {
    const server = await listening(createHttp())
    let calls = 0
    const closeIdleConnections = (): void => {
      calls++
    }
    Object.defineProperty(server, 'closeIdleConnections', {
      value: closeIdleConnections,
      configurable: true,
      enumerable: true,
      writable: true,
    })
    const undo = keepConnectionsOnClose(server)
    server.close()
    undo()
    expect(calls).toBe(0)
    // The user's own property is back, unchanged.
    expect(Object.getOwnPropertyDescriptor(server, 'closeIdleConnections')).toEqual({
      value: closeIdleConnections,
      configurable: true,
      enumerable: true,
      writable: true,
    })
  })

  test('allows the user to shadow the method too, for a while', () => {
    const server = createHttp()
    const undo = keepConnectionsOnClose(server)
    expect(() => {
      server.closeIdleConnections = () => {}
      server.closeIdleConnections()
    }).not.toThrow()
    undo()
    expect(Object.hasOwn(server, 'closeIdleConnections')).toBe(false)
  })

  test('keeps an idle kept-alive connection', async () => {
    const server = await listening(createHttp((_, response) => response.end('ok')))
    const socket = connect(portOf(server)).resume()
    cleanUps.unshift(() => socket.destroy())
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    const live = liveSockets(server)
    const undo = keepConnectionsOnClose(server)
    server.close()
    undo()
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    expect(live).toHaveLength(1)
    expect(live[0]?.destroyed).toBe(false)
  })
})

test('returns the live sockets of one server only', async () => {
  const [one, other] = [await listening(createHttp()), await listening(createNet())]
  const sockets = [connect(portOf(one)), connect(portOf(one)), connect(portOf(other))]
  cleanUps.unshift(() => {
    for (const socket of sockets) socket.destroy()
  })
  while (liveSockets(one).length < 2 || liveSockets(other).length < 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(liveSockets(one)).toHaveLength(2)
  expect(liveSockets(other)).toHaveLength(1)
  expect(liveSockets(createHttp())).toEqual([])
})
