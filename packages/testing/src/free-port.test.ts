import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { addressOf } from './address.ts'
import { freePort } from './free-port.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Makes the next call try this port first. */
function thinkOf(port: number): void {
  vi.spyOn(Math, 'random').mockReturnValueOnce((port + 0.5 - 16_000) / 16_000)
}

test('returns no port twice', async () => {
  const first = await freePort()
  thinkOf(first)
  expect(await freePort()).not.toBe(first)
})

test('returns no port on which a server listens', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = addressOf(server)
  const taken = 'port' in address ? address.port : 0
  thinkOf(taken)
  expect(await freePort()).not.toBe(taken)
  server.close()
})

test('returns a port on which a server can listen at once', async () => {
  const server = createServer().listen(await freePort())
  await once(server, 'listening')
  server.close()
})
