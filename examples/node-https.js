// The plain server over TLS.
import { createServer } from 'node:https'
import { idleShutdown } from '@idle-shutdown/core'
import { announce } from './announce.js'
import { tlsFiles } from './tls-files.js'

const server = createServer(tlsFiles(), (_req, res) => res.end('Hello\n'))
idleShutdown(server, { patience: `${Number(process.env.PATIENCE ?? 900)}s` })
server.listen(0, '127.0.0.1', () => announce(server, 'https'))
