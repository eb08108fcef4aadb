const fastify = require('fastify')
const { idleShutdown } = require('@idle-shutdown/fastify')

const app = fastify()
app.register(idleShutdown, { patience: '200ms', startupPatience: '1m' })
app.get('/healthz', { config: { idle: false } }, async () => 'ok')
app.get('/', async () => (app.idleSignal.aborted ? 'closing' : 'Hello'))
app.listen({ port: 0 }, () => console.log(`port ${app.server.address().port}`))
