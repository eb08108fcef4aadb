// Stops itself as soon as it listens, before its patience can pass. Prints the time at which its end was decided.
import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'
import { listen } from './announce.js'

const server = createServer((_request, response) => response.end('Hello\n'))
const idle = idleShutdown(server, { patience: process.env['PATIENCE'] ?? '15m' })
idle.signal.addEventListener('abort', () => console.log(`aborted ${Date.now()}`))
listen(server)
server.once('listening', () => process.kill(process.pid, 'SIGSTOP'))
