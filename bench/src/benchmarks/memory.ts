import { inRounds, overBare, type Variant } from '../measure/rounds.ts'
import { type Benchmark, type Length, type Row, rowOf } from '../measure/row.ts'
import { ClientProcess } from '../programs/client-process.ts'
import { ServerProcess } from '../programs/server-process.ts'
import { closeListenerOnly, type Subject, subjects } from '../subjects/subjects.ts'

const CONNECTIONS: Record<Length, number> = { quick: 50, normal: 10_000, long: 10_000 }
const ROUNDS: Record<Length, number> = { quick: 1, normal: 3, long: 7 }

/** Measures the memory of an idle keep-alive connection: bytes of heap, and of the whole process. */
export const memory: Benchmark = async (length) => {
  const rss = new Map<string, number[]>()
  const variants = [...subjects, closeListenerOnly].map(
    (subject): Variant => ({
      subject: subject.name,
      kind: subject.kind,
      group: `an idle connection of ${CONNECTIONS[length]}`,
      measure: async () => {
        const weighed = await weigh(subject, CONNECTIONS[length])
        rss.set(subject.name, [...(rss.get(subject.name) ?? []), weighed.rss])
        return weighed.heap
      },
    }),
  )
  const measured = await inRounds(ROUNDS[length], variants)
  const more = overBare(measured)
  return variants.flatMap((variant): Row[] => {
    const { group, subject, kind } = variant
    const row = { group, subject, kind }
    return [
      rowOf({ ...row, metric: 'bytes of heap, in all' }, measured.get(variant) ?? []),
      ...(kind === 'bare' ? [] : [rowOf({ ...row, metric: 'bytes of heap, added' }, more.get(variant) ?? [])]),
      rowOf({ ...row, metric: 'bytes of RSS, in all' }, rss.get(subject) ?? []),
    ]
  })
}

/** Returns the bytes for each connection once each has had a request. */
async function weigh(subject: Subject, connections: number): Promise<{ heap: number; rss: number }> {
  using server = new ServerProcess(subject)
  using clients = new ClientProcess()
  const port = await server.port()
  await clients.send({ kind: 'open', protocol: 'http', port, connections: 100 })
  await clients.send({ kind: 'ask', port, requests: 100 })
  const before = await server.send('weigh')
  await clients.send({ kind: 'open', protocol: 'http', port, connections: connections + 100 })
  await clients.send({ kind: 'ask', port, requests: connections + 100 })
  const after = await server.send('weigh')
  const each = (figure: 'heap' | 'rss'): number => ((after[figure] ?? 0) - (before[figure] ?? 0)) / connections
  const weighed = { heap: each('heap'), rss: each('rss') }
  await clients.send({ kind: 'end', port })
  return weighed
}
