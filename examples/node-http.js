// A plain server: ends by itself, whether or not anybody ever called.
import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'
import { announce } from './announce.js'

const server = createServer((_req, res) => res.end('Hello\n'))
idleShutdown(server, { patience: process.env.PATIENCE ?? '15m' })
server.listen(0, '127.0.0.1', () => announce(server))
