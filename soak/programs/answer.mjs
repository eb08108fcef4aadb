// Answers each request with a description of what arrived: `node answer.mjs LEDGER MOST`, on PORT. Writes each request
// to the file LEDGER, and each connection that Node drops beyond MOST.
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
// This server closes no connection of a working client. Any other close comes from the supervisor between them.
server.keepAliveTimeout = 60_000
server.listen(process.env.PORT, '127.0.0.1')
