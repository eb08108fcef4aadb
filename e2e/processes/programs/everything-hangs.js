// Closes while a WebSocket, server-sent events, a hanging handler and an HTTP/2 stream are open, none of which ends.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { createServer as createH2c } from 'node:http2'
import { idleShutdown } from '@idle-shutdown/core'
import { listen } from './announce.js'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const grace = 200
let open = 0

const server = createServer((request, response) => {
  if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: hello\n\n')
  }
  opened()
})
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64')
  const head = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket']
  socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`)
  opened()
})
const h2 = createH2c().on('stream', opened)

const idle = idleShutdown([server, h2], { grace })
listen(server)
listen(h2, 'h2c')

async function opened() {
  if (++open < 4) return
  const { drained, destroyed, duration } = await idle.close()
  console.log(JSON.stringify({ drained, destroyed, inTime: duration >= grace && duration < 5000 }))
}
