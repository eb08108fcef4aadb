import { idleShutdown } from '@idle-shutdown/fastify'
import fastify from 'fastify'
import { serveInherited } from './listen.js'
import { answerTo, tell } from './settings.js'

export async function serve(/** @type {import('./settings.js').Settings} */ settings) {
  tell(settings)
  const app = fastify()
  await app.register(idleShutdown, { patience: `${settings.patience}ms` })
  app.get('/:id', async (request) => answerTo(request.url))
  await app.ready()
  return serveInherited(app.server)
}
