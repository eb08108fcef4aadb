// The handler throws, the error is swallowed, and the request gets no response.
import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'
import { listen } from './announce.js'

process.on('uncaughtException', () => console.log('thrown'))
const server = createServer(() => {
  throw new Error('from the handler')
})
const idle = idleShutdown(server, { patience: '100ms', startupPatience: '1h' })
idle.signal.addEventListener('abort', () => console.log('aborted'))
listen(server)
