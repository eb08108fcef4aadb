import { endedByItself, KeepAliveClient, RawClient } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { ActivatedProgram } from './activated-program.ts'

// The lines of the README, under each major version, with passed sockets. The README's own snippets run by hand, in
// e2e.

const express = (module: string): string => `
  const { idle } = await import('@idle-shutdown/express')
  const { default: express } = await import('${module}')
  const app = express()
  const shutdown = idle(OPTIONS)
  app.use(shutdown)
  app.get('/', (req, res) => res.send('Hello'))
  await listen(http.createServer(app), 3000)`

const fastify = (module: string): string => `
  const { idleShutdown: plugin } = await import('@idle-shutdown/fastify')
  const { default: fastify } = await import('${module}')
  const app = fastify()
  await app.register(plugin, OPTIONS)
  app.addHook('onClose', async () => console.log('onClose'))
  app.get('/', async () => 'Hello')
  await app.ready()
  await listen(app.server, 3000)
  const shutdown = app.idle`

const koa = (module: string): string => `
  const { idle } = await import('@idle-shutdown/koa')
  const { default: Koa } = await import('${module}')
  const app = new (Koa.default ?? Koa)()
  const shutdown = idle({ app, ...OPTIONS })
  app.use(shutdown)
  app.use((ctx) => { ctx.body = 'Hello' })
  await listen(http.createServer(app.callback()), 3000)`

describe.each([
  ['Express 4', express('express4'), []],
  ['Express 5', express('express'), []],
  ['Fastify 4', fastify('fastify4'), ['onClose']],
  ['Fastify 5', fastify('fastify'), ['onClose']],
  ['Koa 2', koa('koa2'), []],
  ['Koa 3', koa('koa'), []],
])('%s', (_name, app, closed) => {
  test('serves two inherited sockets, and ends when both are idle', async () => {
    const program = ActivatedProgram.start(
      ['tcp', 'tcp'],
      `const OPTIONS = { patience: '400ms', startupPatience: '1h' }
       ${app}
       console.log('reason', (await shutdown.closed).reason.code)`,
    )
    // Both are connected before either asks, because the first answer starts the patience.
    const clients = await Promise.all((await program.addresses(2)).map((address) => RawClient.connect(address)))
    for (const client of clients) await client.get('/')
    for (const client of clients) await client.until('Hello')
    const ending = await program.ended
    expect(ending).toMatchObject(endedByItself)
    expect(ending.stdout).toContain('reason ERR_IDLE_TIMEOUT')
    for (const said of closed) expect(ending.stdout).toContain(said)
    for (const client of clients) client.destroy()
  })

  test('serves one inherited connection, and when it closes, the signal aborts and the process ends', async () => {
    const program = ActivatedProgram.start(
      ['accept'],
      `const OPTIONS = { patience: '1h' }
       ${app}
       const pool = setInterval(() => {}, 1000)
       shutdown.signal.addEventListener('abort', () => clearInterval(pool))
       console.log('state', shutdown.tracker.explain().state)`,
    )
    const client = new KeepAliveClient(await program.address())
    for (let time = 0; time < 2; time++) expect((await client.ask('/').answer).body).toBe('Hello')
    client.destroy()
    const ending = await program.ended
    expect(ending).toMatchObject(endedByItself)
    expect(ending.stdout).toMatch(/state (active|waiting)/)
    for (const said of closed) expect(ending.stdout).toContain(said)
  })
})
