import type { IdleShutdown } from '@idle-shutdown/core'
import defaultExport, { type IdleShutdownOptions, idleShutdown } from '@idle-shutdown/fastify'
import { type FastifyInstance, fastify } from 'fastify'

const options: IdleShutdownOptions = { patience: '15m', upgrades: 'ignore' }

export async function use(): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(idleShutdown, options)
  await app.register(defaultExport, { patience: 1000, prefix: '/idle' })
  const idle: IdleShutdown = app.idle
  const signal: AbortSignal = app.idleSignal
  app.get('/healthz', { config: { idle: false } }, async () => signal.aborted)
  app.post('/jobs', async function (request, reply) {
    this.idle.ignoreRequest(request.raw)
    idle.tracker.waitUntil(Promise.resolve(), 'job').catch((error) => request.log.error(error))
    return reply.code(202).send()
  })
  return app
}

export async function refused(app: FastifyInstance): Promise<void> {
  // @ts-expect-error: the name is misspelt
  await app.register(idleShutdown, { patince: 5 })
  // @ts-expect-error: true or false
  app.get('/', { config: { idle: 'no' } }, async () => '')
  // @ts-expect-error: to be read only
  app.idleSignal = new AbortController().signal
}
