import { once } from 'node:events'
import { createServer } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { idleShutdown } from '../src/index.ts'

test('stops watching a server when the program closes it and makes it listen again at once', async () => {
  const server = createServer()
  const idle = idleShutdown(server, { patience: '1h' })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const again = new Promise<void>((resolve) => {
    server.close(() => server.listen(0, '127.0.0.1', () => resolve()))
  })
  await again
  await idle.closed
  // After close(), the listeners close after a last look.
  for (let turns = 0; turns < 10; turns++) await turn()
  expect(server.listening).toBe(true)
  expect(idle.signal.aborted).toBe(true)
  await new Promise((resolve) => server.close(resolve))
})
