import { createServer } from 'node:http'
import { listen } from '@idle-shutdown/activation'
import { idleShutdown } from '@idle-shutdown/core'

const server = createServer((_request, response) => response.end('Hello'))
idleShutdown(server, { patience: '200ms', startupPatience: '1m' })
listen(server, 0).then(() => console.log(`port ${Object(server.address()).port}`))
