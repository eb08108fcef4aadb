// SIGTERM drains too: requests in progress are answered first.
import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'
import { announce } from './announce.js'

const stop = new AbortController()
process.once('SIGTERM', () => stop.abort(new Error('SIGTERM')))

const server = createServer((req, res) => {
  if (req.url === '/slow') setTimeout(() => res.end('Hello, at last\n'), 200)
  else res.end('Hello\n')
  console.log(req.url)
})
idleShutdown(server, { patience: `${Number(process.env.PATIENCE ?? 900)}s`, signal: stop.signal })
server.listen(0, '127.0.0.1', () => announce(server))
