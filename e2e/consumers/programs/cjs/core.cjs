const { createServer } = require('node:http')
const { idleShutdown } = require('@idle-shutdown/core')

const server = createServer((_request, response) => response.end('Hello'))
idleShutdown(server, { patience: '200ms', startupPatience: '1m' })
server.listen(0, () => console.log(`port ${server.address().port}`))
