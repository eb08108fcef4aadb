import { Clients } from './clients.ts'
import { HeldServer } from './held.ts'
import { type Contender, inRounds, overBare } from './rounds.ts'
import { type Benchmark, type Length, type Row, rowOf } from './row.ts'
import { closeListenerOnly, type Wiring, wirings } from './wirings.ts'

const CONNECTIONS: Record<Length, number> = { quick: 50, normal: 10_000, long: 10_000 }
const ROUNDS: Record<Length, number> = { quick: 1, normal: 3, long: 7 }

/** Measures the memory of an idle keep-alive connection: bytes of heap, and of the whole process. */
export const memory: Benchmark = async (length) => {
  const rss = new Map<string, number[]>()
  const contenders = [...wirings, closeListenerOnly].map(
    (wiring): Contender => ({
      ...wiring,
      group: `an idle connection of ${CONNECTIONS[length]}`,
      measure: async () => {
        const weighed = await weigh(wiring, CONNECTIONS[length])
        rss.set(wiring.subject, [...(rss.get(wiring.subject) ?? []), weighed.rss])
        return weighed.heap
      },
    }),
  )
  const measured = await inRounds(ROUNDS[length], contenders)
  const more = overBare(measured)
  return contenders.flatMap((contender): Row[] => {
    const { group, subject, kind } = contender
    const row = { group, subject, kind }
    return [
      rowOf({ ...row, metric: 'bytes of heap, in all' }, measured.get(contender) ?? []),
      ...(kind === 'bare' ? [] : [rowOf({ ...row, metric: 'bytes of heap, added' }, more.get(contender) ?? [])]),
      rowOf({ ...row, metric: 'bytes of RSS, in all' }, rss.get(subject) ?? []),
    ]
  })
}

/** Returns the bytes for each connection once each has had a request. */
async function weigh(wiring: Wiring, connections: number): Promise<{ heap: number; rss: number }> {
  using server = new HeldServer(wiring)
  using clients = new Clients()
  const port = await server.port()
  await clients.tell({ kind: 'open', protocol: 'http', port, connections: 100 })
  await clients.tell({ kind: 'ask', port, requests: 100 })
  const before = await server.tell('weigh')
  await clients.tell({ kind: 'open', protocol: 'http', port, connections: connections + 100 })
  await clients.tell({ kind: 'ask', port, requests: connections + 100 })
  const after = await server.tell('weigh')
  const each = (figure: 'heap' | 'rss'): number => ((after[figure] ?? 0) - (before[figure] ?? 0)) / connections
  const weighed = { heap: each('heap'), rss: each('rss') }
  await clients.tell({ kind: 'end', port })
  return weighed
}
