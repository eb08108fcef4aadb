import { IdleTracker } from '@idle-shutdown/core'
import { measure } from 'mitata'
import { type Calibration, FullSpeed } from '../measure/full-speed.ts'
import { type DisposableVariant, inGenerations } from '../measure/rounds.ts'
import { type Benchmark, type Kind, type Length, PATIENCE, type Row, rowOf } from '../measure/row.ts'
import { median } from '../measure/statistics.ts'
import type { IsolatedResult } from '../programs/isolated.ts'
import { Subprocess } from '../programs/subprocess.ts'
import { listenersOnly, type Subject, subjects } from '../subjects/subjects.ts'
import { isWorkload, WORKLOADS, type Workload } from '../subjects/workloads.ts'

const GENERATIONS: Record<Length, number> = { quick: 1, normal: 9, long: 45 }
const ROUNDS: Record<Length, number> = { quick: 1, normal: 8, long: 10 }
const METRIC = 'ns'

/** Measures the cost of watching on an otherwise idle process: nanoseconds for each request and each connection. */
export const tracker: Benchmark = async (length) => {
  const fullSpeed = new FullSpeed()
  const rows: Row[] = []
  const works = Object.keys(WORKLOADS).filter(isWorkload)
  for (const work of works) {
    fullSpeed.allow(PATIENCE[length] / works.length)
    rows.push(...(await added(work, length, fullSpeed)))
  }
  return [...rows, ...(await calls(length, fullSpeed))]
}

/**
 * Measures the cost of each subject above bare Node. Each subject has its own process, and the processes take turns.
 */
async function added(work: Workload, length: Length, fullSpeed: FullSpeed): Promise<Row[]> {
  const found = await inGenerations(GENERATIONS[length], ROUNDS[length], async () => {
    const processes = [...subjects, listenersOnly].map(
      (subject) => new IsolatedVariant(subject, work, length, fullSpeed),
    )
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

/** One subject at work in its own process. */
class IsolatedVariant extends Subprocess<Calibration, IsolatedResult> implements DisposableVariant {
  readonly group: string
  readonly subject: string
  readonly kind: Kind
  readonly #fullSpeed: FullSpeed

  constructor({ name, kind }: Subject, work: Workload, length: Length, fullSpeed: FullSpeed) {
    super('isolated.js', [name, work, length])
    this.group = WORKLOADS[work]
    this.subject = name
    this.kind = kind
    this.#fullSpeed = fullSpeed
  }

  /** Resolves once the code of the process is compiled. */
  async warmUp(): Promise<void> {
    await this.send({ fastest: Infinity, patience: 0 })
  }

  /** Returns the nanoseconds for one unit of work. */
  async measure(): Promise<number> {
    const { nanoseconds, ...calibration } = await this.send(this.#fullSpeed.calibration)
    this.#fullSpeed.calibration = calibration
    return nanoseconds
  }

  close(): void {
    this[Symbol.dispose]()
  }
}

/** Measures the calls that an application may make itself. */
async function calls(length: Length, fullSpeed: FullSpeed): Promise<Row[]> {
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
    fullSpeed.wait()
    const { p50, p25, p75 } = await measure(call, options)
    rows.push({ group, subject, kind, metric: METRIC, value: p50, error: (p75 - p25) / 2 })
  }
  return rows
}
