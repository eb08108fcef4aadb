// A plain server that ends by itself, even if it never gets a request.
import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'
import { announce } from './announce.js'

const server = createServer((_req, res) => res.end('Hello\n'))
idleShutdown(server, { patience: `${Number(process.env.PATIENCE ?? 900)}s` })
server.listen(0, '127.0.0.1', () => announce(server))
