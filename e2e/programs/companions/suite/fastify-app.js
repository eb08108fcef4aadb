// An app as users have it, with a patience that is over long before their tests are.
import { idleShutdown } from '@idle-shutdown/fastify'
import fastify from 'fastify'

export async function makeApp() {
  const app = fastify()
  await app.register(idleShutdown, { patience: '30ms' })
  app.get('/', async () => 'Hello')
  return app
}
