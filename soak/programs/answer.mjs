// Answers each request with what it saw of it: `node answer.mjs LEDGER MOST`, on PORT. Notes each request, and each
// connection that Node drops beyond MOST, in the file LEDGER.
import { createHash } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import process from 'node:process'

const [, , ledger = '', most] = process.argv
const server = createServer((request, response) => {
  const hash = createHash('sha256')
  let length = 0
  request.on('data', (chunk) => {
    hash.update(chunk)
    length += chunk.length
  })
  request.on('end', () => {
    const { id, cookie } = request.headers
    appendFileSync(ledger, `${id ?? `none: ${request.method} ${request.url}`}\n`)
    const saw = { id, cookie, method: request.method, length, hash: hash.digest('hex') }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(saw))
  })
})
server.maxConnections = Number(most)
server.on('drop', () => appendFileSync(ledger, 'drop\n'))
// No connection of a client that is at work is closed by it: a closed one was closed by what is between them.
server.keepAliveTimeout = 60_000
server.listen(process.env.PORT, '127.0.0.1')
