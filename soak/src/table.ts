import { type Result, sent } from './result.ts'

type Column = readonly [head: string, cell: (result: Result) => string]

const COLUMNS: readonly Column[] = [
  ['server', ({ name }) => name],
  ['lives', ({ lives }) => whole(lives)],
  ['idle ends', ({ idleEnds }) => whole(idleEnds)],
  ['connections', ({ connections }) => whole(connections)],
  ['requests', (result) => whole(sent(result))],
  ['answered', ({ outcomes }) => whole(outcomes.answered)],
  ['given up', ({ outcomes }) => whole(outcomes['given up'])],
  ['unsent', ({ outcomes }) => whole(outcomes.unsent)],
  ['crossed', ({ outcomes }) => whole(outcomes.crossed)],
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
