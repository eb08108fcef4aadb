// A plain server that ends by itself, even if it never gets a request.
import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'
import { announce } from './announce.js'

const server = createServer((_req, res) => res.end('Hello\n'))
idleShutdown(server, { patience: process.env.PATIENCE ?? '15m' })
server.listen(0, '127.0.0.1', () => announce(server))
