// An app of a typical user, with a patience that ends long before the tests do.
import { idleShutdown } from '@idle-shutdown/fastify'
import fastify from 'fastify'

export async function makeApp() {
  const app = fastify()
  await app.register(idleShutdown, { patience: '30ms' })
  app.get('/', async () => 'Hello')
  return app
}
