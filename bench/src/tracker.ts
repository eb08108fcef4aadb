import { IdleTracker } from '@idle-shutdown/core'
import { measure } from 'mitata'
import type { Measured } from './alone.ts'
import { type Known, Pace } from './pace.ts'
import { type Closable, inGenerations } from './rounds.ts'
import { type Benchmark, type Kind, type Length, PATIENCE, type Row, rowOf } from './row.ts'
import { median } from './statistics.ts'
import { Subprocess } from './subprocess.ts'
import { listenersOnly, type Wiring, wirings } from './wirings.ts'
import { isWork, WORKS, type Work } from './work.ts'

const GENERATIONS: Record<Length, number> = { quick: 1, normal: 9, long: 45 }
const ROUNDS: Record<Length, number> = { quick: 1, normal: 8, long: 10 }
const METRIC = 'ns'

/** Measures the cost of watching on an otherwise idle process: nanoseconds for each request and each connection. */
export const tracker: Benchmark = async (length) => {
  const pace = new Pace()
  const rows: Row[] = []
  const works = Object.keys(WORKS).filter(isWork)
  for (const work of works) {
    pace.allow(PATIENCE[length] / works.length)
    rows.push(...(await added(work, length, pace)))
  }
  return [...rows, ...(await calls(length, pace))]
}

/** Measures the cost of each wiring above bare Node. Each wiring has its own process, and the processes take turns. */
async function added(work: Work, length: Length, pace: Pace): Promise<Row[]> {
  const found = await inGenerations(GENERATIONS[length], ROUNDS[length], async () => {
    const processes = [...wirings, listenersOnly].map((wiring) => new Alone(wiring, work, length, pace))
    await Promise.all(processes.map((each) => each.warmUp()))
    return processes
  })
  return (
    found
      .filter(({ kind }) => kind !== 'bare')
      // Two processes of one program are never equally fast. So each process is one measurement, regardless of its
      // number of windows.
      .map(({ group, subject, kind, added }) => rowOf({ group, subject, kind, metric: METRIC }, added.map(median)))
  )
}

/** One wiring at work in its own process. */
class Alone extends Subprocess<Known, Measured> implements Closable {
  readonly group: string
  readonly subject: string
  readonly kind: Kind
  readonly #pace: Pace

  constructor({ subject, kind }: Wiring, work: Work, length: Length, pace: Pace) {
    super('alone.js', [subject, work, length])
    this.group = WORKS[work]
    this.subject = subject
    this.kind = kind
    this.#pace = pace
  }

  /** Resolves once the code of the process is compiled. */
  async warmUp(): Promise<void> {
    await this.tell({ fastest: Infinity, patience: 0 })
  }

  /** Returns the nanoseconds for one unit of work. */
  async measure(): Promise<number> {
    const { nanoseconds, ...known } = await this.tell(this.#pace.known)
    this.#pace.known = known
    return nanoseconds
  }

  close(): void {
    this[Symbol.dispose]()
  }
}

/** Measures the calls that an application may make itself. */
async function calls(length: Length, pace: Pace): Promise<Row[]> {
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
    pace.wait()
    const { p50, p25, p75 } = await measure(call, options)
    rows.push({ group, subject, kind, metric: METRIC, value: p50, error: (p75 - p25) / 2 })
  }
  return rows
}
