import { once } from 'node:events'
import { get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { turns } from '@idle-shutdown/testing'
import fastify5, { type FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import fastify4 from 'fastify4'
import { describe, expect, test } from 'vitest'
import { idleShutdown } from '../src/index.ts'

// The types of Fastify 4 differ from those of Fastify 5, but not in what this test uses.
const makeFastify4: typeof fastify5 = Object(fastify4)

describe.each([
  ['Fastify 4', makeFastify4],
  ['Fastify 5', fastify5],
])('%s: callbacks of beforeEnd', (_name, fastify) => {
  /** Makes an app whose hooks, before and after the plugin, and whose two callbacks record their order. */
  async function make(order: string[]): Promise<FastifyInstance> {
    const app = fastify()
    const hooks = (name: string) =>
      fastifyPlugin(async (instance: FastifyInstance) => {
        instance.addHook('preClose', async () => void order.push(`preClose ${name}`))
        instance.addHook('onClose', async () => void order.push(`onClose ${name}`))
      })
    await app.register(hooks('before'))
    await app.register(idleShutdown, { patience: 60, startupPatience: '1h' })
    await app.register(hooks('after'))
    app.idleSignal.addEventListener('abort', () => order.push('signal'))
    for (const name of ['first', 'second']) {
      app.idle.beforeEnd(async () => {
        order.push(`${name} begins`)
        await turns()
        order.push(`${name} ends`)
      })
    }
    void app.idle.closed.then(() => order.push('closed'))
    return app
  }

  const callbacks = ['first begins', 'first ends', 'second begins', 'second ends', 'closed']

  test('at an idle end run before every preClose and onClose hook', async () => {
    const order: string[] = []
    const app = await make(order)
    app.get('/', async () => 'served')
    const ended = new Promise((resolve) => app.addHook('onClose', async () => resolve(order.push('onClose last'))))
    await app.listen({ port: 0, host: '127.0.0.1' })
    await request(app)
    await ended
    await turns()
    expect(order).toEqual([
      'signal',
      ...callbacks,
      'preClose before',
      'preClose after',
      'onClose last',
      'onClose after',
      'onClose before',
    ])
  })

  test('at app.close() run after the last answer, before onClose hooks that were registered before the plugin', async () => {
    const order: string[] = []
    const app = await make(order)
    let answer = (_text: string): void => {}
    const arrived = new Promise<void>((resolve) => {
      app.get('/', () => {
        resolve()
        return new Promise<string>((answered) => {
          answer = answered
        })
      })
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const answered = request(app).then(() => order.push('answered'))
    await arrived
    const closed = app.close()
    await turns()
    expect(order).toEqual(['preClose before', 'signal', 'preClose after'])
    answer('late')
    await answered
    await closed
    const seen = order.filter((step) => step !== 'onClose after' && step !== 'answered')
    expect(seen).toEqual(['preClose before', 'signal', 'preClose after', ...callbacks, 'onClose before'])
    expect(order.indexOf('answered')).toBeGreaterThan(0)
  })

  test('are awaited by app.close() of an app that never listened', async () => {
    const order: string[] = []
    const app = await make(order)
    await app.ready()
    await app.close()
    expect(order).toEqual(expect.arrayContaining(['second ends', 'closed', 'onClose before']))
    expect(order.at(-1)).toBe('onClose before')
  })

  test('that there are none of change nothing: app.close() does not wait for a hold', async () => {
    const app = fastify()
    await app.register(idleShutdown, { patience: '1h' })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const hold = app.idle.tracker.hold('a job')
    await app.close()
    hold.release()
    expect(await app.idle.closed).toMatchObject({ abandoned: 0 })
  })
})

async function request(app: FastifyInstance): Promise<void> {
  const { port } = app.server.address() as AddressInfo
  const [response] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response')
  await once(response.resume(), 'end')
}
