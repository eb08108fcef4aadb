const { createServer } = require('node:http')
const { listen } = require('@idle-shutdown/activation')
const { idleShutdown } = require('@idle-shutdown/core')

const server = createServer((_request, response) => response.end('Hello'))
idleShutdown(server, { patience: '200ms', startupPatience: '1m' })
listen(server, 0).then(() => console.log(`port ${server.address().port}`))
