import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { TestConnection } from '../../test/test-connection.ts'
import { LingeringClose } from './lingering-close.ts'
import { requestBeingRead } from './node-internals.ts'

const undo: (() => unknown)[] = []

afterEach(() => {
  for (const each of undo.splice(0)) each()
})

interface Exchange {
  readonly client: Socket
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The number of requests that the server has received. */
  requests(): number
}

/** Sends `text` to a server that does not answer. Returns both ends. */
async function exchange(text: string): Promise<Exchange> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const listener = vi.fn()
  server.on('request', listener)
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  undo.push(
    () => client.destroy(),
    () => server.closeAllConnections(),
    () => server.close(),
  )
  client.write(text)
  const [request, response] = await once(server, 'request')
  return { client, request, response, requests: () => listener.mock.calls.length }
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const HALF_POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf'

/** Puts connections on a socket that close in stages, or leave the close to Node. */
function attachTo(socket: Socket, ...closings: boolean[]): MockInstance[] {
  return closings.map((closing) =>
    vi.spyOn(new TestConnection(socket, 'idle'), 'closeInStages').mockReturnValue(closing),
  )
}

describe('start', () => {
  test('sends FIN, reports it, and leaves the socket open', async () => {
    const { client, request, response } = await exchange(GET)
    response.end('answer')
    await new Promise<void>((sent) => new LingeringClose(request.socket).start(undefined, sent))
    client.resume()
    await once(client, 'end')
    expect(request.socket.destroyed).toBe(false)
  })

  test('does not report the FIN when the socket is destroyed before', async () => {
    const { request } = await exchange(GET)
    const sent = vi.fn()
    new LingeringClose(request.socket).start(undefined, sent)
    request.socket.destroy()
    await once(request.socket, 'close')
    expect(sent).not.toHaveBeenCalled()
  })

  test('discards further requests, and reads them so that TCP sends no RST', async () => {
    const { client, request, requests } = await exchange(GET)
    const { socket } = request
    new LingeringClose(socket).start(undefined, () => {})
    const { bytesRead } = socket
    client.write(GET)
    await expect.poll(() => socket.bytesRead).toBe(bytesRead + GET.length)
    expect(requests()).toBe(1)
    client.end()
    await once(socket, 'close')
    expect(socket.errored).toBe(null)
  })

  test('discards only after the rest of a body that the handler reads', async () => {
    const { client, request, requests } = await exchange(HALF_POST)
    new LingeringClose(request.socket).start(request, () => {})
    const body: unknown[] = []
    request.on('data', (chunk) => body.push(String(chunk)))
    client.write('rest')
    await once(request, 'end')
    expect(body.join('')).toBe('halfrest')
    const { bytesRead } = request.socket
    client.write(GET)
    await expect.poll(() => request.socket.bytesRead).toBe(bytesRead + GET.length)
    expect(requests()).toBe(1)
  })
})

describe('isHeldBack', () => {
  test('is true while the handler does not read a body that arrives', async () => {
    const { request } = await exchange(HALF_POST)
    const close = new LingeringClose(request.socket)
    expect(requestBeingRead(request.socket)).toBe(request)
    await expect.poll(() => request.readableLength).toBe(4)
    expect(close.isHeldBack).toBe(true)
    request.resume()
    await expect.poll(() => close.isHeldBack).toBe(false)
  })

  test('is false without a body', async () => {
    const { request } = await exchange(GET)
    expect(new LingeringClose(request.socket).isHeldBack).toBe(false)
  })
})

describe('destroySoon of the transport', () => {
  test('closes nothing itself when one connection closes in stages, and asks all of them', async () => {
    const { request } = await exchange(GET)
    const { socket } = request
    const asked = attachTo(socket, true, false, true)
    new LingeringClose(socket)
    socket.destroySoon()
    for (const each of asked) expect(each).toHaveBeenCalledOnce()
    expect(socket.writableEnded).toBe(false)
  })

  test('closes as Node does when no connection closes in stages', async () => {
    const { request } = await exchange(GET)
    const { socket } = request
    attachTo(socket, false)
    new LingeringClose(socket)
    socket.destroySoon()
    await once(socket, 'close')
  })

  test('is replaced once for all connections', async () => {
    const { request } = await exchange(GET)
    const { socket } = request
    new LingeringClose(socket)
    const { destroySoon } = socket
    new LingeringClose(socket)
    expect(socket.destroySoon).toBe(destroySoon)
  })
})
