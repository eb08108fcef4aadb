import type { Outcome } from '../ledger/client-ledger.ts'
import type { Growth } from './growth.ts'

/** The result of one subject's soak. */
export interface Result {
  readonly name: string
  /** The number of cycles, each from listening to the last close. */
  readonly cycles: number
  /** The number of cycles that ended for lack of use. The others were closed while requests were in progress. */
  readonly idleEnds: number
  readonly connections: number
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly inputs: number
  /** Bytes of heap for each connection. */
  readonly growth: Growth
  readonly exit: number | NodeJS.Signals
  /** Violations of what the soak expects. */
  readonly faults: readonly string[]
}

function sent({ outcomes }: Result): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0)
}

type Column = readonly [head: string, cell: (result: Result) => string]

const COLUMNS: readonly Column[] = [
  ['server', ({ name }) => name],
  ['cycles', ({ cycles }) => whole(cycles)],
  ['idle ends', ({ idleEnds }) => whole(idleEnds)],
  ['connections', ({ connections }) => whole(connections)],
  ['requests', (result) => whole(sent(result))],
  ['answered', ({ outcomes }) => whole(outcomes.answered)],
  ['abandoned', ({ outcomes }) => whole(outcomes.abandoned)],
  ['unsent', ({ outcomes }) => whole(outcomes.unsent)],
  ['late', ({ outcomes }) => whole(outcomes.late)],
  ['lost', ({ outcomes }) => whole(outcomes.lost)],
  ['malformed', ({ inputs }) => whole(inputs)],
  [
    'heap, bytes per connection',
    ({ growth: { slope, error } }) => `${whole(slope)} ± ${Number.isFinite(error) ? whole(error) : '?'}`,
  ],
  ['exit', ({ exit }) => String(exit)],
]

/** Returns the measurements as a table with one row for each server. */
export function table(results: readonly Result[]): string {
  const rows = [COLUMNS.map(([head]) => head), ...results.map((result) => COLUMNS.map(([, cell]) => cell(result)))]
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .map((line) => `  ${line}\n`)
    .join('')
}

/** Returns a number without decimals: `12,345`. */
export function whole(number: number): string {
  // Turns -0 into 0.
  return (Math.round(number) + 0).toLocaleString('en')
}

/** Returns one sentence that says whether the soak found faults. */
export function verdict(results: readonly Result[], seed: number): string {
  const failed = results.filter(({ faults }) => faults.length > 0).map(({ name }) => name)
  if (failed.length > 0) return `Failed: ${failed.join(', ')}. Repeat the same requests with --seed ${seed}.`
  const measured = results.filter(({ growth: { error } }) => Number.isFinite(error)).length
  const heaps =
    measured === results.length
      ? 'every heap is flat'
      : `${measured} of ${results.length} heaps had enough cycles for a measurement, and those are flat`
  const sum = (figure: (result: Result) => number): string =>
    whole(results.reduce((sum, result) => sum + figure(result), 0))
  return `None of ${sum(sent)} requests was lost in ${sum(({ cycles }) => cycles)} cycles under ${sum(({ inputs }) => inputs)} malformed inputs; every count fell to 0, ${heaps}, and every process ended by itself with code 0.`
}
