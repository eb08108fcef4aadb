// Koa over HTTP/2.
import { createSecureServer } from 'node:http2'
import { idle } from '@idle-shutdown/koa'
import Koa from 'koa'
import { announce } from './announce.js'
import { tlsFiles } from './tls-files.js'

const app = new Koa()
app.use(idle({ app, patience: `${Number(process.env.PATIENCE ?? 900)}s` }))
app.use((ctx) => {
  ctx.body = 'Hello\n'
})
const server = createSecureServer({ ...tlsFiles(), allowHTTP1: true }, app.callback())
server.listen(0, '127.0.0.1', () => announce(server, 'https'))
