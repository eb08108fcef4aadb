import { AsyncLocalStorage } from 'node:async_hooks'
import { EventEmitter, getEventListeners, once } from 'node:events'
import { createServer, get } from 'node:http'
import { connect, createServer as createHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable, type Writable } from 'node:stream'
import { ManualClock, turns, Warnings } from '@idle-shutdown/testing'
import { expect, test } from 'vitest'
import { refusal } from '../../test/refusal.ts'
import { idleShutdown } from '../idle-shutdown.ts'

const make = () => idleShutdown([], { clock: new ManualClock(), patience: '1h' })

test('ends a response when the signal aborts, and not before', async () => {
  const idle = make()
  const response = new PassThrough().resume()
  idle.endOnIdle(response)
  await turns()
  expect(response.writableEnded).toBe(false)
  void idle.close()
  expect(response.writableEnded).toBe(true)
})

test('calls end() with the response, in place of response.end()', () => {
  const idle = make()
  const response = new PassThrough()
  const seen: unknown[] = []
  idle.endOnIdle(response, (each) => seen.push(each, each.writableEnded))
  void idle.close()
  expect(seen).toEqual([response, false])
  expect(response.writableEnded).toBe(false)
})

test('accepts every object that emits close, such as a readable stream or a WebSocket', () => {
  const idle = make()
  const readable = new Readable({ read() {} })
  const socket = Object.assign(new EventEmitter(), { closedWith: 0 })
  idle.endOnIdle(readable, (stream) => stream.push(null))
  idle.endOnIdle(socket, (each) => {
    each.closedWith = 1001
  })
  void idle.close()
  expect(socket.closedWith).toBe(1001)
  expect(readable.resume().listenerCount('close')).toBe(1)
})

test('forgets a response when it closes: a thousand leave nothing behind', async () => {
  const idle = make()
  let ends = 0
  const open = new PassThrough()
  idle.endOnIdle(open, () => ends++)
  const listeners = getEventListeners(idle.signal, 'abort').length
  for (let count = 0; count < 1000; count++) {
    const response = new EventEmitter()
    idle.endOnIdle(response, () => ends++)
    expect(getEventListeners(idle.signal, 'abort')).toHaveLength(listeners)
    response.emit('close')
    expect(response.listenerCount('close')).toBe(0)
  }
  void idle.close()
  expect(ends).toBe(1)
})

test('does not end a response that has closed or ended by itself', async () => {
  const idle = make()
  let ends = 0
  const closed = new PassThrough().destroy()
  await once(closed, 'close')
  idle.endOnIdle(closed, () => ends++)
  expect(closed.listenerCount('close')).toBe(0)
  const ended = new PassThrough().end()
  idle.endOnIdle(ended, () => ends++)
  void idle.close()
  await turns()
  expect(ends).toBe(0)
})

test('does not end a response after its undo', () => {
  const idle = make()
  const response = new PassThrough()
  const undo = idle.endOnIdle(response)
  undo[Symbol.dispose]()
  undo[Symbol.dispose]()
  expect(response.listenerCount('close')).toBe(0)
  void idle.close()
  expect(response.writableEnded).toBe(false)
})

test('after the end, ends a response when its handler has written to it', async () => {
  const idle = make()
  await idle.close()
  const response = new PassThrough()
  idle.endOnIdle(response)
  response.write('too late for more')
  await turns()
  expect(String(response.read())).toBe('too late for more')
  expect(response.writableEnded).toBe(true)
})

test('warns when end() throws or rejects, and ends the other responses', async () => {
  using warnings = new Warnings()
  const idle = make()
  const [first, second, third] = [new PassThrough(), new PassThrough(), new PassThrough()]
  idle.endOnIdle(first, () => {
    throw new Error('thrown')
  })
  idle.endOnIdle(second, async () => Promise.reject(new Error('rejected')))
  idle.endOnIdle(third)
  await idle.close()
  await turns()
  expect(third.writableEnded).toBe(true)
  expect(warnings.codes).toEqual(['IDLE_LISTENER_FAILED', 'IDLE_LISTENER_FAILED'])
  expect(warnings.list.map(({ detail }) => detail)).toEqual([
    expect.stringContaining('thrown'),
    expect.stringContaining('rejected'),
  ])
})

test('calls end() in the context in which the IdleShutdown was made, like listeners of the signal', () => {
  const storage = new AsyncLocalStorage<string>()
  const idle = storage.run('boot', make)
  let seen: string | undefined
  storage.run('request', () =>
    idle.endOnIdle(new PassThrough(), () => {
      seen = storage.getStore()
    }),
  )
  storage.run('close', () => void idle.close())
  expect(seen).toBe('boot')
})

test('ends responses of HTTP/1 and HTTP/2 at close(), and forgets them when their client has disconnected', async () => {
  let response: Writable | undefined
  const open = (_: unknown, each: Writable & { writeHead(status: number): unknown }): void => {
    each.writeHead(200)
    each.write('open')
    idle.endOnIdle(each, (own) => {
      expect(own).toBe(response)
      own.end(', and ended')
    })
    response = each
  }
  const [http1, http2] = [createServer(open), createHttp2(open)]
  const idle = idleShutdown([http1, http2], { patience: '1h' })
  await once(http1.listen(0, '127.0.0.1'), 'listening')
  await once(http2.listen(0, '127.0.0.1'), 'listening')
  const origin = (server: { address(): unknown }): string =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const [gone] = await once(get(origin(http1)), 'response')
  const first = response
  if (first === undefined) throw new Error('No request arrived')
  const closed = once(first, 'close')
  gone.destroy()
  await closed
  expect(first.listenerCount('close')).toBeLessThanOrEqual(1)

  const session = connect(origin(http2))
  const stream = session.request({ ':path': '/' })
  let text = ''
  stream.on('data', (chunk) => {
    text += chunk
  })
  await once(stream, 'data')
  const { drained, destroyed } = await idle.close()
  session.close()
  expect({ text, drained, destroyed }).toEqual({ text: 'open, and ended', drained: 1, destroyed: 0 })
})

test.each<[string, unknown[], string]>([
  [
    'nothing',
    [],
    'ERR_IDLE_INVALID_RESPONSE: "response" must be a response or another stream that emits \'close\' and has end(). Received undefined',
  ],
  ['a text', ['event'], "Received 'event'"],
  ['a reply of Fastify', [{ raw: new PassThrough() }], 'Pass its .raw'],
  ['a context of Koa', [{ res: new PassThrough() }], 'Pass its .res'],
  ['a stream without end()', [new Readable()], 'has end()'],
  [
    'an end that is not a function',
    [new PassThrough(), 'end'],
    'ERR_IDLE_INVALID_OPTION: "end" must be a function of the response. Received \'end\'',
  ],
])('%s is refused', (_, args, message) => {
  const idle = make()
  expect(refusal(() => Reflect.apply(idle.endOnIdle, idle, args))).toContain(message)
})
