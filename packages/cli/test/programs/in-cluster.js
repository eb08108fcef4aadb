// A server in a cluster worker: `node in-cluster.js [PORT]`.
import cluster from 'node:cluster'
import { createServer } from 'node:http'

if (cluster.isPrimary) {
  cluster.fork()
  cluster.on('exit', (_, code) => console.log(`worker ended with ${code}`))
} else {
  const server = createServer((_, res) => setTimeout(() => res.end('Hello'), 200))
  server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(`http ${server.address().port}`))
}
