import { milliseconds, whole } from '../result/figures.ts'
import { isGood, type Result } from '../result/result.ts'
import type { Line } from './line.ts'

const HEADS = ['server', 'sent', 'answered', 'lost', 'idle after', 'patience', 'drain', 'exit']

/** Returns the measurements with one row for each server, or one block for each if the terminal is too narrow. */
export function table(results: readonly Result[], width: number): Line[] {
  const rows = results.map(cells)
  const widths = HEADS.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const total = 2 + widths.reduce((sum, columns) => sum + columns + 2, 0)
  if (total > width) return blocks(results)

  const align = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  return [
    ['  ', ['bold', align(HEADS)]],
    ...results.map((result): Line => ['  ', [isGood(result) ? 'plain' : 'red', align(cells(result))]]),
  ]
}

function blocks(results: readonly Result[]): Line[] {
  const label = Math.max(...HEADS.map((head) => head.length))
  return results.flatMap((result, index) => [
    ...(index === 0 ? [] : [[]]),
    ...cells(result).map((cell, row): Line => {
      const head = `  ${HEADS[row]?.padEnd(label)}  `
      return row === 0 ? [head, ['bold', cell]] : [head, [isGood(result) ? 'plain' : 'red', cell]]
    }),
  ])
}

function cells({ name, sent, answered, losses, idleAfter, patience, drain, ending }: Result): string[] {
  return [
    name,
    whole(sent),
    whole(answered),
    whole(losses.length),
    idleAfter === undefined ? '–' : milliseconds(idleAfter),
    milliseconds(patience),
    drain === undefined ? '–' : milliseconds(drain),
    `${ending.exit ?? '–'}`,
  ]
}
