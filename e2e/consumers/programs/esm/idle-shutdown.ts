import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'
import { explain, hold, waitUntil } from 'idle-shutdown'

const held = hold('start')
const server = createServer((_request, response) => {
  void waitUntil(Promise.resolve(), 'job')
  response.end(explain()?.reasons.some(({ label }) => label === 'job') ? 'Hello' : 'not watched')
})
idleShutdown(server, { patience: '200ms', startupPatience: '1m' })
server.listen(0, () => {
  held.release()
  console.log(`port ${Object(server.address()).port}`)
})
