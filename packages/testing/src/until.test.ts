import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { addressOf } from './address.ts'
import { accepts, until } from './until.ts'

test('until() resolves when the event has happened', async () => {
  let looks = 0
  await until(
    () => ++looks === 3,
    () => 'never',
  )
  expect(looks).toBe(3)
})

test('until() rejects with a text if the event has not happened within the limit', async () => {
  await expect(
    until(
      () => false,
      () => 'not up',
      20,
    ),
  ).rejects.toThrow('not up')
})

test('accepts() reports whether a server accepts connections', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = addressOf(server)
  const port = 'port' in address ? address.port : 0
  expect(await accepts(port)).toBe(true)
  server.close()
  await once(server, 'close')
  expect(await accepts(port)).toBe(false)
})
