import { type App, apps } from './apps.ts'
import { Clients } from './clients.ts'
import { keepChannelsOpen } from './memory-server.ts'
import { Pace } from './pace.ts'
import { type Closable, cpuTime, inGenerations } from './rounds.ts'
import { type Benchmark, type Length, PATIENCE, type Row, rowOf } from './row.ts'
import { median } from './statistics.ts'
import type { Wiring } from './wirings.ts'

const GENERATIONS: Record<Length, number> = { quick: 1, normal: 10, long: 40 }
const ROUNDS: Record<Length, number> = { quick: 1, normal: 20, long: 25 }
const CONNECTIONS = 8
/**
 * The number of requests in one window. A window lasts some milliseconds, so most disturbances of the machine last for
 * a whole round.
 */
const REQUESTS = 30 * CONNECTIONS
const METRIC = 'µs'

/** Measures the cost of watching on a working server: microseconds of CPU for each request, over loopback. */
export const overhead: Benchmark = async (length) => {
  keepChannelsOpen()
  using clients = new Clients()
  const pace = new Pace()
  const rows: Row[] = []
  for (const app of apps) {
    pace.allow(PATIENCE[length] / apps.length)
    rows.push(...(await overheadOf(app, length, clients, pace)))
  }
  return rows
}

async function overheadOf(app: App, length: Length, clients: Clients, pace: Pace): Promise<Row[]> {
  const found = await inGenerations(GENERATIONS[length], ROUNDS[length], async () => {
    const servers: Closable[] = []
    for (const wiring of app.wirings) servers.push(await serve(app, wiring, clients, pace))
    return servers
  })
  // Two concurrent servers differ by more than their windows do, so each server is one measurement.
  return found.map(({ group, subject, kind, inAll, added }) => {
    const row = { group, kind, metric: METRIC }
    return kind === 'bare'
      ? rowOf({ ...row, subject: `${subject}, in all` }, inAll.map(median))
      : rowOf({ ...row, subject: ours(app, subject, kind) }, added.map(median))
  })
}

/** Returns the name of the subject. For a framework, ours is its adapter. */
function ours(app: App, subject: string, kind: string): string {
  return kind === 'ours' && !app.name.startsWith('node:') ? `@idle-shutdown/${app.name.toLowerCase()}` : subject
}

/** Serves an app and connects the clients. The measure is microseconds of this process's CPU for each request. */
async function serve(app: App, wiring: Wiring, clients: Clients, pace: Pace): Promise<Closable> {
  const { port, close } = await app.serve(wiring)
  await clients.tell({ kind: 'open', port, protocol: app.protocol, connections: CONNECTIONS })
  return {
    ...wiring,
    group: app.name,
    measure: () =>
      pace.measured(async () => {
        const begin = cpuTime()
        await clients.tell({ kind: 'ask', port, requests: REQUESTS })
        return (cpuTime() - begin) / REQUESTS
      }),
    close: async () => {
      await clients.tell({ kind: 'end', port })
      await close()
    },
  }
}
