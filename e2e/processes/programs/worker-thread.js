// A server in a worker thread. The main thread only waits for the worker.
import { createServer } from 'node:http'
import { isMainThread, Worker } from 'node:worker_threads'
import { idleShutdown } from '@idle-shutdown/core'
import { listen } from './announce.js'

if (isMainThread) {
  new Worker(new URL(import.meta.url)).on('exit', (code) => console.log(`exit ${code}`))
} else {
  const server = createServer((_request, response) => response.end('Hello\n'))
  idleShutdown(server, { patience: process.env['PATIENCE'] ?? '15m', startupPatience: '15m' })
  listen(server)
}
