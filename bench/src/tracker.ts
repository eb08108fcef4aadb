import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { IdleTracker } from '@idle-shutdown/core'
import { measure } from 'mitata'
import { type Contender, inRounds, overFirst } from './rounds.ts'
import { type Benchmark, type Length, type Row, rowOf } from './row.ts'
import { listenersOnly, type Wiring, wirings } from './wirings.ts'
import { isWork, WORKS, type Work } from './work.ts'

const ROUNDS: Record<Length, number> = { quick: 1, normal: 15, long: 45 }
const METRIC = 'ns'
const ALONE = fileURLToPath(new URL('alone.js', import.meta.url))

/** What watching costs where nothing else does anything: nanoseconds for each request and each connection. */
export const tracker: Benchmark = async (length) => {
  const rows: Row[] = []
  for (const work of Object.keys(WORKS).filter(isWork)) rows.push(...(await added(work, length)))
  return [...rows, ...(await calls(length))]
}

/** What each wiring adds to bare Node, in a process for each measurement. */
async function added(work: Work, length: Length): Promise<Row[]> {
  const contenders = [...wirings, listenersOnly].map(
    (wiring): Contender => ({ ...wiring, measure: () => alone(wiring, work, length) }),
  )
  return [...overFirst(await inRounds(ROUNDS[length], contenders))]
    .filter(([{ kind }]) => kind !== 'bare')
    .map(([{ subject, kind }, values]) => rowOf({ group: WORKS[work], subject, kind, metric: METRIC }, values))
}

async function alone({ subject }: Wiring, work: Work, length: Length): Promise<number> {
  const child = spawn(process.execPath, [ALONE, subject, work, length], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [nanoseconds] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (nanoseconds === '') throw new Error(`${subject} failed`)
  return Number(nanoseconds)
}

/** What the calls cost that an application may make itself. */
async function calls(length: Length): Promise<Row[]> {
  using tracker = new IdleTracker({ patience: '1h' })
  const group = 'a call'
  const options = { min_cpu_time: length === 'quick' ? 1e7 : 3e8 }
  const rows: Row[] = []
  const all: [subject: string, kind: Row['kind'], call: () => unknown][] = [
    ['nothing', 'bare', () => {}],
    ['nothing, again (A/A)', 'control', () => {}],
    ['performance.now()', 'bare', () => performance.now()],
    ['tracker.touch()', 'ours', () => tracker.touch()],
    ['tracker.hold().release()', 'ours', () => tracker.hold().release()],
  ]
  for (const [subject, kind, call] of all) {
    const { p50, p25, p75 } = await measure(call, options)
    rows.push({ group, subject, kind, metric: METRIC, value: p50, error: (p75 - p25) / 2 })
  }
  return rows
}
