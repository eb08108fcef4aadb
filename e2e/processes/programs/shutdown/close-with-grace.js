import closeWithGrace from 'close-with-grace'
import fastify from 'fastify'

const app = fastify()
app.addHook('onClose', async () => console.log('onClose'))
app.get('/', async () => 'Hello')
closeWithGrace({ delay: 10_000 }, async ({ signal }) => {
  console.log(`closed on ${signal}`)
  await app.close()
})
await app.listen({ port: Number(process.env.PORT ?? 0) })
