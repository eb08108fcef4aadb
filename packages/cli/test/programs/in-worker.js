// A server in a worker thread: `node in-worker.js`.
import { createServer } from 'node:http'
import { isMainThread, Worker } from 'node:worker_threads'

if (isMainThread) {
  new Worker(new URL(import.meta.url))
} else {
  const server = createServer((_, res) => setTimeout(() => res.end('Hello'), 200))
  server.listen(0, '127.0.0.1', () => console.log(`http ${server.address().port}`))
}
