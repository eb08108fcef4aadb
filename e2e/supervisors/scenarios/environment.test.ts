import { expect, test } from 'vitest'
import { ask } from '../src/ask.ts'
import { missingSocketActivate, startSocketActivate } from '../src/socket-activate.ts'

test('systemd-socket-activate: two named sockets, one server', async ({ skip }) => {
  const missing = missingSocketActivate()
  skip(missing !== undefined, missing)
  await using supervisor = await startSocketActivate({ framework: 'http', patience: 500 }, false)
  const answers = await Promise.all(supervisor.addresses.map((address, index) => ask(address, `${index}`)))
  expect(new Set(answers.map(({ server }) => server)).size).toBe(1)
  expect(supervisor.starts()).toBe(1)
})
