import { createServer } from 'node:http'
import terminus from '@godaddy/terminus'
import express from 'express'

const app = express()
app.get('/', (_req, res) => res.send('Hello'))
const server = createServer(app)
terminus.createTerminus(server, {
  signals: ['SIGINT', 'SIGTERM'],
  healthChecks: { '/healthz': async () => 'fine' },
  onSignal: async () => console.log('onSignal'),
  onShutdown: async () => console.log('onShutdown'),
  logger: console.log,
})
server.listen(process.env.PORT ?? 0)
