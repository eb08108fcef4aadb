import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'
import { serveInherited } from './listen.js'
import { answerTo, tell } from './settings.js'

export function serve(/** @type {import('./settings.js').Settings} */ settings) {
  tell(settings)
  const server = createServer((request, response) => response.end(answerTo(request.url)))
  if (settings.keepAliveTimeout !== undefined) server.keepAliveTimeout = settings.keepAliveTimeout
  idleShutdown(server, { patience: `${settings.patience}ms` })
  return serveInherited(server)
}
