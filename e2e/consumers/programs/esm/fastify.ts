import { idleShutdown } from '@idle-shutdown/fastify'
import { fastify } from 'fastify'

const app = fastify()
app.register(idleShutdown, { patience: '200ms', startupPatience: '1m' })
app.get('/healthz', { config: { idle: false } }, async () => 'ok')
app.get('/', async () => (app.idleSignal.aborted ? 'closing' : 'Hello'))
app.listen({ port: 0 }, () => console.log(`port ${Object(app.server.address()).port}`))
