import { createServer } from 'node:http'
import { createHttpTerminator } from 'http-terminator'

const server = createServer((_req, res) => res.end('Hello'))
const terminator = createHttpTerminator({ server })
process.on('SIGTERM', async () => {
  await terminator.terminate()
  console.log('terminated')
  process.exit()
})
server.listen(process.env.PORT ?? 0)
