// A server in its own process: `node --expose-gc server.js SUBJECT`. It answers requests until its parent has
// weighed and stopped it.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pass } from 'node:timers/promises'
import { closeListenerOnly, notClosed, slicesOnly, subjects } from '../subjects/subjects.ts'
import type { ServerCommand, ServerReport } from './server-process.ts'

const BODY = 'Hello\n'
const subject = [...subjects, closeListenerOnly, slicesOnly, notClosed].find(({ name }) => name === process.argv[2])
if (subject === undefined) throw new Error(`No subject ${process.argv[2]}`)

const held: ServerResponse[] = []
const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  if (request.url === '/held') held.push(response)
  else response.writeHead(200, { 'Content-Length': BODY.length }).end(BODY)
})
const stop = subject.prepare(server)
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')
say({ port: (server.address() as AddressInfo).port })

process.on('message', async (command: ServerCommand) => {
  if (command === 'weigh') say(await weigh())
  if (command === 'count') say({ held: held.length })
  if (command === 'stop') say(await stopAndMeasure())
})

function say(report: ServerReport): void {
  process.send?.(report)
}

async function weigh(): Promise<ServerReport> {
  // Collects temporary objects, and those that finalizers release.
  for (let times = 0; times < 3; times++) {
    globalThis.gc?.()
    await pass(20)
  }
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, rss }
}

async function stopAndMeasure(): Promise<ServerReport> {
  const turns = monitorEventLoopDelay({ resolution: 1 })
  turns.enable()
  // Lets the timer of the monitor start.
  await pass(5)
  turns.reset()
  const begin = performance.now()
  const stopped = stop().then(
    () => performance.now() - begin,
    () => Number.POSITIVE_INFINITY,
  )
  // The responses in progress end now, after the decision.
  setImmediate(() => {
    for (const response of held) response.writeHead(200, { 'Content-Length': BODY.length }).end(BODY)
  })
  const duration = await Promise.race([stopped, pass(5000, Number.POSITIVE_INFINITY)])
  await pass(5)
  return { duration, stall: turns.max / 1e6 }
}
