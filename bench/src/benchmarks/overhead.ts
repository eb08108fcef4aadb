import { FullSpeed } from '../measure/full-speed.ts'
import { cpuTime, type DisposableVariant, inGenerations } from '../measure/rounds.ts'
import { type Benchmark, type Length, PATIENCE, type Row, rowOf } from '../measure/row.ts'
import { median } from '../measure/statistics.ts'
import { ClientProcess } from '../programs/client-process.ts'
import { type App, apps } from '../subjects/apps.ts'
import { keepChannelsOpen } from '../subjects/memory-server.ts'
import type { Subject } from '../subjects/subjects.ts'

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
  using clients = new ClientProcess()
  const fullSpeed = new FullSpeed()
  const rows: Row[] = []
  for (const app of apps) {
    fullSpeed.allow(PATIENCE[length] / apps.length)
    rows.push(...(await overheadOf(app, length, clients, fullSpeed)))
  }
  return rows
}

async function overheadOf(app: App, length: Length, clients: ClientProcess, fullSpeed: FullSpeed): Promise<Row[]> {
  const found = await inGenerations(GENERATIONS[length], ROUNDS[length], async () => {
    const servers: DisposableVariant[] = []
    for (const subject of app.subjects) servers.push(await serve(app, subject, clients, fullSpeed))
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
async function serve(
  app: App,
  subject: Subject,
  clients: ClientProcess,
  fullSpeed: FullSpeed,
): Promise<DisposableVariant> {
  const { port, close } = await app.serve(subject)
  await clients.send({ kind: 'open', port, protocol: app.protocol, connections: CONNECTIONS })
  return {
    subject: subject.name,
    kind: subject.kind,
    group: app.name,
    measure: () =>
      fullSpeed.measured(async () => {
        const begin = cpuTime()
        await clients.send({ kind: 'ask', port, requests: REQUESTS })
        return (cpuTime() - begin) / REQUESTS
      }),
    close: async () => {
      await clients.send({ kind: 'end', port })
      await close()
    },
  }
}
