// A chat. Open WebSockets keep the server running, and get a close frame when it ends.
import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'
import { WebSocketServer } from 'ws'
import { announce } from './announce.js'

const server = createServer((_req, res) => res.end('Hello\n'))
const sockets = new WebSocketServer({ server })
sockets.on('connection', (socket) => socket.on('message', (text) => socket.send(String(text))))

const idle = idleShutdown(server, { patience: `${Number(process.env.PATIENCE ?? 900)}s` })
idle.signal.addEventListener('abort', () => {
  for (const socket of sockets.clients) socket.close(1001)
})
server.listen(0, '127.0.0.1', () => announce(server))
