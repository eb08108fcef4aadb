// 202 Accepted: the job continues after its response, and keeps the server running until the job is done.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { idleShutdown } from '@idle-shutdown/core'
import { announce } from './announce.js'

const server = createServer((_req, res) => {
  idle.tracker.waitUntil(job(), 'job').catch(console.error)
  res.writeHead(202).end('Accepted\n')
})
const idle = idleShutdown(server, { patience: `${Number(process.env.PATIENCE ?? 900)}s` })
server.listen(0, '127.0.0.1', () => announce(server))

async function job() {
  await sleep(1500, undefined, { ref: false })
  console.log('job done')
}
