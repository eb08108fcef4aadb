const { createServer } = require('node:http')
const { idleShutdown } = require('@idle-shutdown/core')
const { explain, waitUntil } = require('idle-shutdown')

const server = createServer((_request, response) => {
  void waitUntil(Promise.resolve(), 'job')
  response.end(explain()?.reasons.some(({ label }) => label === 'job') ? 'Hello' : 'not watched')
})
idleShutdown(server, { patience: '200ms', startupPatience: '1m' })
server.listen(0, () => console.log(`port ${server.address().port}`))
