// A server in its own process: `node --expose-gc held-server.js WIRING`. It answers requests until its parent has
// weighed and stopped it.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pass } from 'node:timers/promises'
import type { Demand, Report } from './held.ts'
import { closeListenerOnly, notClosed, slicesOnly, wirings } from './wirings.ts'

const BODY = 'Hello\n'
const wiring = [...wirings, closeListenerOnly, slicesOnly, notClosed].find(({ subject }) => subject === process.argv[2])
if (wiring === undefined) throw new Error(`no such wiring: ${process.argv[2]}`)

const held: ServerResponse[] = []
const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  if (request.url === '/held') held.push(response)
  else response.writeHead(200, { 'Content-Length': BODY.length }).end(BODY)
})
const stop = wiring.wire(server)
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')
say({ port: (server.address() as AddressInfo).port })

process.on('message', async (demand: Demand) => {
  if (demand === 'weigh') say(await weigh())
  if (demand === 'count') say({ held: held.length })
  if (demand === 'stop') say(await stopAndMeasure())
})

function say(report: Report): void {
  process.send?.(report)
}

async function weigh(): Promise<Report> {
  // Collects temporary objects, and those that finalizers release.
  for (let times = 0; times < 3; times++) {
    globalThis.gc?.()
    await pass(20)
  }
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, rss }
}

async function stopAndMeasure(): Promise<Report> {
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
