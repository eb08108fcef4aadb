import { type Benchmark, type Length, type Row, rowOf } from '../measure/row.ts'
import { shuffled } from '../measure/statistics.ts'
import { ClientProcess } from '../programs/client-process.ts'
import { ServerProcess } from '../programs/server-process.ts'
import { notClosed, type Subject, slicesOnly, subjects } from '../subjects/subjects.ts'

const CONNECTIONS: Record<Length, number> = { quick: 40, normal: 10_000, long: 10_000 }
const ROUNDS: Record<Length, number> = { quick: 1, normal: 5, long: 9 }

/** The longest wait (ms) for a server that does not close at all. */
export const NEVER = 5000

/** Measures the close of servers with ten thousand idle connections, with and without requests in progress. */
export const drain: Benchmark = async (length) => {
  const connections = CONNECTIONS[length]
  const rows: Row[] = []
  for (const requests of [0, connections / 20]) {
    // Slices cut requests in progress, so they only take part if there are none.
    const variants = [...subjects, requests === 0 ? slicesOnly : notClosed]
    const found = new Map<Subject, Drained[]>(variants.map((subject) => [subject, []]))
    for (let round = 0; round < ROUNDS[length]; round++) {
      for (const subject of shuffled(variants)) found.get(subject)?.push(await drained(subject, connections, requests))
    }
    const group = `${connections} idle${requests === 0 ? '' : `, ${requests} requests in progress`}`
    for (const [{ name, kind }, drains] of found) {
      const row = { group, subject: name, kind }
      rows.push(
        rowOf(
          { ...row, metric: 'ms until closed' },
          drains.map(({ duration }) => duration),
        ),
        rowOf(
          { ...row, metric: 'longest stall, ms' },
          drains.map(({ stall }) => stall),
        ),
      )
      if (requests > 0) {
        const lost = Math.max(...drains.map((drain) => drain.lost))
        rows.push({ ...row, metric: 'responses lost', value: lost, error: 0 })
      }
    }
  }
  return rows
}

interface Drained {
  readonly duration: number
  readonly stall: number
  readonly lost: number
}

async function drained(subject: Subject, connections: number, requests: number): Promise<Drained> {
  using server = new ServerProcess(subject)
  using clients = new ClientProcess()
  const port = await server.port()
  await clients.send({ kind: 'open', protocol: 'http', port, connections: connections + requests })
  await clients.send({ kind: 'ask', port, requests: connections + requests })
  const answered = requests === 0 ? undefined : clients.send({ kind: 'hold', port, requests })
  while (((await server.send('count')).held ?? 0) < requests);
  const { duration, stall } = await server.send('stop')
  const lost = answered === undefined ? 0 : requests - (await answered)
  return { duration: Math.min(duration ?? NEVER, NEVER), stall: stall ?? 0, lost }
}
