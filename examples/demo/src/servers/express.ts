import { setTimeout } from 'node:timers/promises'
import { idle } from '@idle-shutdown/express'
import express from 'express'
import { WebSocketServer } from 'ws'
import { report } from './report.ts'

const app = express()
// Open WebSockets do not count here, so this server may end while clients only listen.
const shutdown = idle({ patience: `${Number(process.env['PATIENCE'] ?? 3000)}ms`, upgrades: 'ignore' })
app.use(shutdown)

app.get('/', (_request, response) => {
  response.send('Hello from Express\n')
})

app.get('/slow', async (_request, response) => {
  await setTimeout(1000)
  response.send('That took a second\n')
})

app.get('/healthz', idle.ignored, (_request, response) => {
  response.send('ok\n')
})

const server = app.listen(0)

const sockets = new WebSocketServer({ server, path: '/live' })
sockets.on('connection', (socket) => socket.send('Hello from Express'))
shutdown.signal.addEventListener('abort', () => {
  for (const socket of sockets.clients) socket.close(1001, 'The server is idle')
})

// Only for the demo.
report(server, shutdown)
