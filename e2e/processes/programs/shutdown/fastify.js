import fastify from 'fastify'

const app = fastify()
app.addHook('preClose', async () => console.log('preClose'))
app.addHook('onClose', async () => console.log('onClose'))
app.get('/', async () => 'Hello')
process.once('SIGTERM', async () => {
  await app.close()
  console.log('closed')
})
await app.listen({ port: Number(process.env.PORT ?? 0) })
// A poller that the program never stops.
setInterval(() => {}, 60_000).unref()
