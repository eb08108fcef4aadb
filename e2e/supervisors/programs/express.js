import { createServer } from 'node:http'
import { idle } from '@idle-shutdown/express'
import express from 'express'
import { serveInherited } from './listen.js'
import { answerTo, tell } from './settings.js'

export function serve(/** @type {import('./settings.js').Settings} */ settings) {
  tell(settings)
  const app = express()
  app.use(idle({ patience: `${settings.patience}ms` }))
  app.get('/:id', (request, response) => {
    response.send(answerTo(request.url))
  })
  return serveInherited(createServer(app))
}
