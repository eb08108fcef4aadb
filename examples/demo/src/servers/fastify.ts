import { setTimeout } from 'node:timers/promises'
import { idleShutdown } from '@idle-shutdown/fastify'
import fastify from 'fastify'
import { WebSocketServer } from 'ws'
import { report } from './report.ts'

const app = fastify()
// Open WebSockets do not count here, so this server may end while clients only listen.
await app.register(idleShutdown, { patience: `${Number(process.env['PATIENCE'] ?? 3000)}ms`, upgrades: 'ignore' })

app.get('/', () => 'Hello from Fastify\n')

app.get('/slow', async () => {
  await setTimeout(1300)
  return 'That took more than a second\n'
})

app.get('/healthz', { config: { idle: false } }, () => 'ok\n')

const sockets = new WebSocketServer({ server: app.server, path: '/live' })
sockets.on('connection', (socket) => socket.send('Hello from Fastify'))
app.idleSignal.addEventListener('abort', () => {
  for (const socket of sockets.clients) socket.close(1001, 'The server is idle')
})

await app.listen({ port: 0 })

// Only for the demo.
report(app.server, app.idle)
