// A chat: each client receives the messages of all clients.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const server = createServer((_req, res) => res.end('Hello from a chat'))
const chat = new WebSocketServer({ server, path: '/chat' })
chat.on('connection', (socket) => {
  socket.on('message', (said) => {
    for (const each of chat.clients) each.send(String(said))
  })
})
server.listen(Number(process.env.PORT), '127.0.0.1')
