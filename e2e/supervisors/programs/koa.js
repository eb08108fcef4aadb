import { createServer } from 'node:http'
import { idle } from '@idle-shutdown/koa'
import Koa from 'koa'
import { serveInherited } from './listen.js'
import { answerTo, tell } from './settings.js'

export function serve(/** @type {import('./settings.js').Settings} */ settings) {
  tell(settings)
  const app = new Koa()
  app.use(idle({ app, patience: `${settings.patience}ms` }))
  app.use((context) => {
    context.body = answerTo(context.path)
  })
  return serveInherited(createServer(app.callback()))
}
