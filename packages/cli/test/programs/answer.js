// Answers with its process id, the path, and the client's address: `node answer.js [PORT …]`, by default on PORT. Waits
// for the milliseconds in the query, `?50`. On SIGUSR1 it ends as a program that crashes.
import { createServer } from 'node:http'

for (const port of process.argv.length > 2 ? process.argv.slice(2) : [process.env.PORT]) {
  const server = createServer((req, res) => {
    const [path, ms] = req.url.split('?')
    const body = JSON.stringify({ pid: process.pid, path, port, from: req.socket.remoteAddress })
    if (ms !== undefined) console.error(`got ${path}`)
    req.resume()
    req.on('end', () => (ms === undefined ? res.end(body) : setTimeout(() => res.end(body), Number(ms))))
  })
  // A round of clients may take longer than Node's own 5 s on a busy machine. Node would end connections then, which is
  // not tested.
  server.keepAliveTimeout = 60_000
  server.listen(port)
}
process.on('SIGUSR1', () => process.exit(7))
