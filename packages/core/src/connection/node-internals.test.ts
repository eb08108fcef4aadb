import { constants } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect, type Server as NetServer, Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import {
  Arriving,
  activeHandles,
  asksForBody,
  bytesOn,
  bytesWrittenOn,
  changeHeadersOf,
  chunkBeingParsed,
  currentResponse,
  handleOf,
  hasLeftHttp,
  hasStreamHead,
  isNode,
  openStreams,
  queuedBytes,
  requestBeingRead,
  responseOf,
  serverOf,
  socketBelow,
  storesSession,
} from './node-internals.ts'

const undo: (() => unknown)[] = []

afterEach(() => {
  for (const each of undo.splice(0)) each()
})

async function listen<T extends NetServer>(server: T): Promise<T> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => server.close())
  return server
}

function portOf(server: NetServer): number {
  return (server.address() as AddressInfo).port
}

/** Connects to a server and writes `text`. Returns the accepted socket. */
async function accepted(server: NetServer, text = ''): Promise<{ client: Socket; socket: Socket }> {
  const client = connect(portOf(server), '127.0.0.1')
  undo.push(() => client.destroy())
  const [socket] = await once(server, 'connection')
  if (text !== '') client.write(text)
  return { client, socket }
}

/** Serves HTTP/1, and sends `text`. Returns the request that arrives, which is not answered. */
async function received(
  text: string,
): Promise<{ server: Server; client: Socket; request: IncomingMessage; response: ServerResponse }> {
  const server = await listen(createServer())
  const { client } = await accepted(server, text)
  const [request, response] = await once(server, 'request')
  return { server, client, request, response }
}

/** Serves TLS with a shared key, so that no certificate is needed. Returns the socket of the server. */
async function secured(server: NetServer): Promise<TLSSocket> {
  const client = connectTls({
    port: portOf(server),
    host: '127.0.0.1',
    ...PSK,
    pskCallback: () => ({ psk: Buffer.from('00ff', 'hex'), identity: 'test' }),
    checkServerIdentity: () => undefined,
  })
  client.on('error', () => {})
  undo.push(() => client.destroy())
  const [socket] = await once(server, 'secureConnection')
  return socket
}

const PSK = { ciphers: 'PSK-AES128-CBC-SHA256:@SECLEVEL=0', maxVersion: 'TLSv1.2' } as const
const psk = { ...PSK, pskCallback: () => Buffer.from('00ff', 'hex') }

test('isNode is true on Node', () => {
  expect(isNode).toBe(true)
})

describe('sockets and servers', () => {
  test('activeHandles returns servers and sockets that are open', async () => {
    const server = await listen(createServer())
    const { socket } = await accepted(server)
    expect(activeHandles()).toEqual(expect.arrayContaining([server, socket]))
  })

  test('serverOf returns the server that has accepted a socket', async () => {
    const server = await listen(createServer())
    const { client, socket } = await accepted(server)
    expect(serverOf(socket)).toBe(server)
    expect(serverOf(client)).toBeFalsy()
    expect(serverOf(undefined)).toBeUndefined()
  })

  test('socketBelow returns the accepted socket of a TLS socket', async () => {
    const server = await listen(createTlsServer(psk))
    const connection = once(server, 'connection')
    const socket = await secured(server)
    expect(socketBelow(socket)).toBe((await connection)[0])
    expect(socketBelow(new Socket())).toBeUndefined()
  })

  test('queuedBytes returns what the kernel has not taken', async () => {
    const server = await listen(createServer())
    const { socket } = await accepted(server)
    expect(queuedBytes(socket)).toBe(0)
    socket.write(Buffer.alloc(2 ** 26))
    expect(queuedBytes(socket)).toBeGreaterThan(0)
    expect(queuedBytes(new Socket())).toBeNaN()
  })

  test('storesSession is true until the application has stored the session', async () => {
    // Without tickets, OpenSSL passes each session to the application.
    const server = await listen(createTlsServer({ ...psk, secureOptions: constants.SSL_OP_NO_TICKET }))
    // No event but 'keylog' shows the socket before the handshake is done.
    const [keylog, newSession] = [once(server, 'keylog'), once(server, 'newSession')]
    const connected = secured(server)
    const [, socket] = await keylog
    const [, , done] = await newSession
    expect(storesSession(socket)).toBe(true)
    done()
    expect(await connected).toBe(socket)
    expect(storesSession(socket)).toBe(false)
  })
})

describe('HTTP/1', () => {
  test('hasLeftHttp is true after an upgrade', async () => {
    const server = await listen(createServer())
    server.on('upgrade', () => {})
    const { socket } = await accepted(server)
    expect(hasLeftHttp(socket)).toBe(false)
    const { socket: upgraded } = await accepted(
      server,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n',
    )
    undo.push(() => upgraded.destroy())
    await once(server, 'upgrade')
    expect(hasLeftHttp(upgraded)).toBe(true)
  })

  test('chunkBeingParsed returns the chunk while a request is emitted, and an empty text afterwards', async () => {
    const text = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    const server = await listen(createServer())
    const chunk = new Promise((resolve) => {
      server.once('request', ({ socket }: IncomingMessage) => resolve([chunkBeingParsed(socket), socket]))
    })
    await accepted(server, text)
    const [during, socket] = (await chunk) as [string, Socket]
    expect(during).toBe(text)
    await new Promise(setImmediate)
    expect(chunkBeingParsed(socket)).toBe('')
    expect(chunkBeingParsed(new Socket())).toBe('')
  })

  test('requestBeingRead returns a request until its body is complete', async () => {
    const { client, request } = await received('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab')
    expect(requestBeingRead(request.socket)).toBe(request)
    request.resume()
    client.write('cd')
    await once(request, 'end')
    expect(requestBeingRead(request.socket)).toBeUndefined()
  })

  test('currentResponse returns the response in progress', async () => {
    const { request, response } = await received('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(currentResponse(request.socket)).toBe(response)
    response.end()
    await once(response, 'finish')
    await new Promise(setImmediate)
    expect(currentResponse(request.socket)).toBeFalsy()
  })

  test('asksForBody is false until an interim response is sent, if the client expects one', async () => {
    const { response } = await received('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n')
    expect(asksForBody(response)).toBe(true)
    const server = await listen(createServer())
    await accepted(server, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n')
    const [, expecting] = await once(
      server.on('checkContinue', () => {}),
      'checkContinue',
    )
    expect(asksForBody(expecting)).toBe(false)
    expecting.writeContinue()
    expect(asksForBody(expecting)).toBe(true)
  })

  test.each<[string, boolean, (response: ServerResponse) => unknown]>([
    ['is flushed', true, (response) => response.flushHeaders()],
    ['is sent with a part of the body', true, (response) => response.write('part')],
    ['is only composed', false, (response) => response.writeHead(200)],
    [
      'declares a length in writeHead()',
      false,
      (response) => response.writeHead(200, { 'content-length': 5 }).write('p'),
    ],
    [
      'declares a length in a list',
      false,
      (response) => response.writeHead(200, ['content-length', '5']).write('part'),
    ],
    ['declares a length in setHeader()', false, (response) => response.setHeader('Content-Length', 5).write('part')],
  ])('hasStreamHead of a head that %s is %s', async (_name, expected, write) => {
    const { response } = await received('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(hasStreamHead(response)).toBe(false)
    write(response)
    // Node 26 sends a first part in the next tick.
    await new Promise((resolve) => setImmediate(resolve))
    expect(hasStreamHead(response)).toBe(expected)
  })

  test('changeHeadersOf changes the head that is sent, with and without writeHead', async () => {
    for (const write of [(response: ServerResponse) => response.writeHead(200, { a: 'b' }), () => {}]) {
      const { client, response } = await received('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      const changed = changeHeadersOf(response, (headers) => {
        response.removeHeader('x')
        return headers === null || headers === undefined ? { c: 'd' } : headers
      })
      expect(changed).toBe(true)
      write(response)
      response.end()
      const [chunk] = await once(client, 'data')
      expect(String(chunk)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    }
  })

  test('Arriving has a connection on which a request has begun, and no other', async () => {
    const server = await listen(createServer((_request, response) => response.end()))
    const { socket: begun } = await accepted(server, 'GET / HT')
    const { client, socket: answered } = await accepted(server, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(client, 'data')
    const { bytesRead } = answered
    // A CRLF between two requests begins none.
    client.write('\r\n')
    await expect.poll(() => [begun.bytesRead, answered.bytesRead]).toEqual([8, bytesRead + 2])
    const arriving = new Arriving()
    expect(arriving.has(begun)).toBe(true)
    expect(arriving.has(answered)).toBe(false)
    expect(arriving.has(new Socket())).toBeUndefined()
  })
})

describe('HTTP/2', () => {
  async function stream(): Promise<ServerHttp2Stream> {
    const server = await listen(createHttp2Server())
    const session = connectHttp2(`http://127.0.0.1:${portOf(server)}`)
    undo.push(() => session.destroy())
    session.on('error', () => {})
    session
      .request({ ':path': '/', ':method': 'POST' })
      .on('error', () => {})
      .write('abcd')
    const [opened] = await once(server, 'stream')
    undo.push(() => opened.session?.destroy())
    return opened
  }

  test('openStreams counts the streams of a session, pushed ones included', async () => {
    const opened = await stream()
    const { session } = opened
    if (session === undefined) throw new Error('The stream has no session')
    expect(openStreams(session)).toBe(1)
    opened.pushStream({ ':path': '/pushed' }, () => {})
    expect(openStreams(session)).toBe(2)
  })

  test('bytesOn counts the DATA bytes of a stream in both directions', async () => {
    const opened = await stream()
    opened.resume()
    await expect.poll(() => bytesOn(opened)).toBe(4)
    opened.respond()
    opened.write('ab')
    await expect.poll(() => bytesOn(opened)).toBe(6)
  })

  test('handleOf returns the handle of a stream, by which bytesOn still counts while the stream emits close', async () => {
    const opened = await stream()
    const handle = handleOf(opened)
    opened.resume()
    await expect.poll(() => bytesOn(opened)).toBe(4)
    opened.close()
    await once(opened, 'close')
    expect(handleOf(opened)).toBeUndefined()
    expect(bytesOn(opened)).toBe(0)
    expect(bytesOn(opened, handle)).toBe(4)
  })

  test('bytesWrittenOn counts the DATA bytes that the session was given, and is NaN while some wait', async () => {
    const opened = await stream()
    opened.respond()
    opened.write('ab')
    await expect.poll(() => bytesWrittenOn(opened)).toBe(2)
    opened.cork()
    opened.write('cd')
    expect(bytesWrittenOn(opened)).toBeNaN()
  })

  test('responseOf returns the response of the compatibility layer', async () => {
    const server = await listen(createHttp2Server())
    const session = connectHttp2(`http://127.0.0.1:${portOf(server)}`)
    undo.push(() => session.destroy())
    session.on('error', () => {})
    session.request({ ':path': '/' }).on('error', () => {})
    const [, response] = await once(server, 'request')
    undo.push(() => response.stream.session?.destroy())
    expect(responseOf(response.stream)).toBe(response)
    expect(responseOf(await stream())).toBeUndefined()
  })
})

/** Matches each way to read a private member: by a name with `_`, by a symbol of Node, or by the name of another. */
const PRIVATE =
  /[.'"]_(?!_)[a-z]\w+|getOwnPropertySymbols|'parser'|\.(?:incoming|getCurrentBuffer|writeQueueSize)\b|(?:Reflect\.get\([\w.]+, '|Object\([\w.]+\)\.)(?:server|state|streams|kHandle)\b/

const source = join(import.meta.dirname, '..')

test.each(
  readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.test)\.ts$/.test(file))
    .map((file) => file.replaceAll('\\', '/')),
)('%s reads private members only if it is node-internals.ts', (file) => {
  const text = readFileSync(join(source, file), 'utf8')
  const code = text.replace(/\/\*.*?\*\//gs, '').replace(/^\s*\/\/.*$/gm, '')
  expect(PRIVATE.test(code)).toBe(file === 'connection/node-internals.ts')
})
