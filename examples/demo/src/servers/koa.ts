import { setTimeout } from 'node:timers/promises'
import { idle } from '@idle-shutdown/koa'
import Router from '@koa/router'
import Koa from 'koa'
import { WebSocketServer } from 'ws'
import { report } from './report.ts'

const app = new Koa()
// Open WebSockets do not count here, so this server may end while clients only listen.
const shutdown = idle({ app, patience: `${Number(process.env['PATIENCE'] ?? 3000)}ms`, upgrades: 'ignore' })
app.use(shutdown)

const router = new Router()

router.get('/', (ctx) => {
  ctx.body = 'Hello from Koa\n'
})

router.get('/slow', async (ctx) => {
  await setTimeout(1600)
  ctx.body = 'That took more than a second\n'
})

router.get('/healthz', idle.ignored, (ctx) => {
  ctx.body = 'ok\n'
})

app.use(router.routes())

const server = app.listen(0)

const sockets = new WebSocketServer({ server, path: '/live' })
sockets.on('connection', (socket) => socket.send('Hello from Koa'))
shutdown.signal.addEventListener('abort', () => {
  for (const socket of sockets.clients) socket.close(1001, 'The server is idle')
})

// Only for the demo.
report(server, shutdown)
