import { createServer } from 'node:http'
import terminus from '@godaddy/terminus'
import closeWithGrace from 'close-with-grace'

const server = createServer((_req, res) => res.end('Hello'))
terminus.createTerminus(server, { signal: 'SIGTERM', onShutdown: async () => console.log('onShutdown') })
closeWithGrace({ delay: 10_000 }, async () => {
  await new Promise((resolve) => setTimeout(resolve, 300))
  console.log('flushed')
})
server.listen(process.env.PORT ?? 0)
