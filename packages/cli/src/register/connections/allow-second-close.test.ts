import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as http2 } from 'node:http2'
import { createServer as https } from 'node:https'
import { type Server as NetServer, createServer as net } from 'node:net'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { allowSecondClose } from './allow-second-close.ts'

const kinds: [string, () => NetServer][] = [
  ['http', () => createServer()],
  ['https', () => https()],
  ['http2', () => http2()],
  ['net', () => net()],
]

/** Returns a server that was closed as at an idle end. */
async function closed(make: () => NetServer): Promise<{ server: NetServer; onClose: ReturnType<typeof vi.fn> }> {
  const server = make().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const onClose = vi.fn()
  server.on('close', onClose)
  allowSecondClose(server)
  await promisify(server.close).call(server)
  return { server, onClose }
}

describe.each(kinds)('a %s server that was closed', (_, make) => {
  test('close() calls back without an error, and calls no listener of close again', async () => {
    const { server, onClose } = await closed(make)
    const callback = vi.fn()
    expect(server.close(callback)).toBe(server)
    expect(callback).not.toHaveBeenCalled()
    await new Promise(setImmediate)
    expect(callback.mock.calls).toEqual([[]])
    expect(onClose).toHaveBeenCalledOnce()
  })

  test('close() calls the listeners of close that were added since, once each', async () => {
    const { server } = await closed(make)
    const added = vi.fn()
    server.on('close', added)
    server.close()
    await once(server, 'close')
    server.close()
    await new Promise(setImmediate)
    expect(added).toHaveBeenCalledOnce()
  })

  test('close() during the drain calls back when the server has closed', async () => {
    const server = make().listen(0, '127.0.0.1')
    await once(server, 'listening')
    allowSecondClose(server)
    server.close()
    const callback = vi.fn()
    server.close(callback)
    await once(server, 'close')
    expect(callback.mock.calls).toEqual([[]])
  })

  test('a server that still listens closes as usual', async () => {
    const server = make().listen(0, '127.0.0.1')
    await once(server, 'listening')
    allowSecondClose(server)
    expect(await promisify(server.close).call(server)).toBeUndefined()
    expect(server.listening).toBe(false)
  })
})

test('closeAllConnections() and closeIdleConnections() do nothing on a server that was closed', async () => {
  const made: Server = createServer()
  await closed(() => made)
  expect(() => {
    made.closeIdleConnections()
    made.closeAllConnections()
  }).not.toThrow()
})
