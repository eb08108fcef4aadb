import { endedByItself, KeepAliveClient, type Program } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { addressOf, LIMIT, needsOnDemand, onDemand, PATIENT, startCompanion, UNCALLED, UNHURRIED } from './companion.ts'

vi.setConfig({ testTimeout: LIMIT })

/** Sends one request, on a connection that the client keeps. */
async function ask(program: Program, path = '/'): Promise<{ client: KeepAliveClient; status: number; body: string }> {
  const client = new KeepAliveClient(await addressOf(program))
  const { status, body } = await client.ask(path).answer
  return { client, status, body }
}

/** Sends a signal while a client keeps its connection. */
async function terminated(program: Program): Promise<string> {
  const { client, body } = await ask(program)
  expect(body).toBe('Hello')
  program.kill('SIGTERM')
  const ending = await program.ended
  expect(ending).toMatchObject(endedByItself)
  client.destroy()
  return ending.stdout
}

describe.concurrent.each([
  ['close-with-grace', 'onClose', '/status'],
  ['@godaddy/terminus', 'onShutdown', '/healthz'],
])('%s in the same process', (name, hook) => {
  const hooks = (stdout: string): number => stdout.split('\n').filter((line) => line === hook).length

  test('ends by itself with 0 without a request', async () => {
    expect(await startCompanion(name, UNCALLED).ended).toMatchObject(endedByItself)
  })

  test('ends with 0 after a request, and closes nothing twice', async () => {
    const program = startCompanion(name, UNHURRIED)
    const { client, body } = await ask(program)
    expect(body).toBe('Hello')
    const ending = await program.ended
    expect(ending).toMatchObject(endedByItself)
    expect(hooks(ending.stdout)).toBeLessThanOrEqual(1)
    client.destroy()
  })

  test('runs its hook once and ends with 0 on SIGTERM with a kept connection', async () => {
    expect(hooks(await terminated(startCompanion(name, PATIENT)))).toBe(1)
  })
})

test('close-with-grace: runs the app’s onClose before an idle end', async () => {
  const ending = await startCompanion('close-with-grace', UNCALLED).ended
  expect(ending).toMatchObject({ ...endedByItself, stdout: expect.stringMatching(/^onClose$/m) })
})

describe.concurrent.each([
  ['@godaddy/terminus', '/healthz', '"info":"fine"'],
  ['@fastify/under-pressure', '/status', '"status":"ok"'],
])('%s', (name, path, answer) => {
  test('ends although its health check is called', async () => {
    const program = startCompanion(name, UNHURRIED)
    let over = false
    void program.ended.then(() => {
      over = true
    })
    const address = await addressOf(program)
    // The patience starts at the end of this request.
    ;(await ask(program)).client.destroy()
    let answered = 0
    // Sends requests until the server has ended.
    while (!over) {
      const client = new KeepAliveClient(address)
      const said = await client.ask(path).answer.catch(() => undefined)
      client.destroy()
      if (said === undefined) break
      expect(said.body).toContain(answer)
      answered++
    }
    expect(answered).toBeGreaterThan(0)
    expect(await program.ended).toMatchObject(endedByItself)
  })
})

describe.concurrent.each([['@hono/node-server'], ['@fastify/under-pressure']])('%s', (name) => {
  test('ends by itself with 0 without a request', async () => {
    expect(await startCompanion(name, UNCALLED).ended).toMatchObject(endedByItself)
  })

  test('ends with 0 on SIGTERM with a kept connection', async () => {
    await terminated(startCompanion(name, PATIENT))
  })
})

describe.concurrent.each([['NestJS on Express'], ['NestJS on Fastify']])('%s', (name) => {
  test('runs its shutdown hooks and ends with 0 without a request', async (context) => {
    needsOnDemand(context)
    expect(await startCompanion(name, UNCALLED, onDemand).ended).toMatchObject({
      ...endedByItself,
      stdout: expect.stringMatching(/^shutdown hook$/m),
    })
  })

  test('answers, and ends although the client keeps its connection', async (context) => {
    needsOnDemand(context)
    const program = startCompanion(name, UNHURRIED, onDemand)
    const { client, body } = await ask(program)
    expect(body).toBe('Hello')
    expect(await program.ended).toMatchObject(endedByItself)
    client.destroy()
  })

  test('runs its shutdown hooks once and ends with 0 on SIGTERM with a kept connection', async (context) => {
    needsOnDemand(context)
    expect((await terminated(startCompanion(name, PATIENT, onDemand))).split('shutdown hook')).toHaveLength(2)
  })
})
