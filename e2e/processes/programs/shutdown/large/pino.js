// The transport is a worker thread.
import { createServer } from 'node:http'
import pino from 'pino'

const transport = pino.transport({ target: 'pino/file', options: { destination: process.env.LOG } })
const log = pino(transport)
createServer((req, res) => {
  log.info(`GET ${req.url}`)
  res.end('Hello')
}).listen(process.env.PORT ?? 0, '127.0.0.1')

process.on('SIGTERM', () => {
  for (let line = 0; line < 1000; line++) log.info(`last ${line}`)
  transport.end()
})
