// A cluster worker whose server goes idle. LEAVE selects how the worker ends itself.
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'

if (cluster.isPrimary) {
  const worker = cluster.fork()
  worker.on('listening', ({ port }) => console.log(`http ${port}`))
  worker.on('exit', (code, signal) => console.log(`exit ${code} ${signal}`))
} else {
  const server = createServer((request, response) => {
    if (request.url !== '/last') return response.end('Hello\n')
    idle.close()
    setTimeout(() => response.end('Goodbye\n'), 100)
  })
  const { PATIENCE: patience = '15m', STARTUP: startupPatience = patience } = process.env
  const idle = idleShutdown(server.listen(0, '127.0.0.1'), { patience, startupPatience })
  idle.closed.then(() => console.log('closed'))
  if (process.env['LEAVE'] === 'signal') idle.signal.addEventListener('abort', () => process.disconnect())
  if (process.env['LEAVE'] === 'closed') idle.closed.then(() => process.disconnect())
  process.on('warning', ({ code }) => {
    console.log(code)
    process.disconnect()
  })
}
