import { type App, apps } from './apps.ts'
import { Clients } from './clients.ts'
import { keepChannelsOpen } from './memory-server.ts'
import { cpuTime, inRounds, overFirst } from './rounds.ts'
import { type Benchmark, type Length, type Row, rowOf } from './row.ts'
import type { Wiring } from './wirings.ts'

const ROUNDS: Record<Length, number> = { quick: 1, normal: 16, long: 150 }
const REQUESTS: Record<Length, number> = { quick: 80, normal: 1600, long: 2400 }
const CONNECTIONS = 8
const METRIC = 'µs'

/** What watching costs a server that does its work: microseconds of CPU for each request, over loopback. */
export const overhead: Benchmark = async (length) => {
  keepChannelsOpen()
  using clients = new Clients()
  const rows: Row[] = []
  for (const app of apps) rows.push(...(await overheadOf(app, length, clients)))
  return rows
}

async function overheadOf(app: App, length: Length, clients: Clients): Promise<Row[]> {
  const requests = REQUESTS[length]
  const measured = await inRounds(
    ROUNDS[length],
    app.wirings.map((wiring) => ({ ...wiring, measure: () => perRequest(app, wiring, requests, clients) })),
  )
  const group = app.name
  const bare = [...measured].filter(([{ kind }]) => kind === 'bare')
  return [
    ...bare.map(([{ subject, kind }, values]) =>
      rowOf({ group, subject: `${subject}, in all`, kind, metric: METRIC }, values),
    ),
    ...[...overFirst(measured)]
      .filter(([{ kind }]) => kind !== 'bare')
      .map(([{ subject, kind }, values]) =>
        rowOf({ group, subject: ours(app, subject, kind), kind, metric: METRIC }, values),
      ),
  ]
}

/** For a framework, ours is its adapter. */
function ours(app: App, subject: string, kind: string): string {
  return kind === 'ours' && !app.name.startsWith('node:') ? `@idle-shutdown/${app.name.toLowerCase()}` : subject
}

/** Microseconds of this process's CPU for a request, of a server that was made for this one measurement. */
async function perRequest(app: App, wiring: Wiring, requests: number, clients: Clients): Promise<number> {
  const { port, close } = await app.serve(wiring)
  await clients.tell({ kind: 'open', protocol: app.protocol, port, connections: CONNECTIONS })
  await clients.tell({ kind: 'ask', requests })
  const begin = cpuTime()
  await clients.tell({ kind: 'ask', requests })
  const spent = (cpuTime() - begin) / requests
  await clients.tell({ kind: 'end' })
  await close()
  return spent
}
