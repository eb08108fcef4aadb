import type { Row } from '../measure/row.ts'
import { majorOf, type Report } from './report.ts'

/** Returns a report as lines of cells. The first line holds the headings. */
export function tableOf({ runs }: Report): string[][] {
  const metrics = [...new Set(runs.flatMap(({ rows }) => rows.map(({ metric }) => metric)))]
  const columns = runs.flatMap(({ node, rows }) =>
    metrics.map((metric) => ({
      heading: runs.length > 1 ? `Node ${majorOf(node)}, ${metric}` : metric,
      rows: rows.filter((row) => row.metric === metric),
    })),
  )
  const lines = new Map(runs.flatMap(({ rows }) => rows.map((row) => [keyOf(row), [row.group, row.subject]])))
  return [
    ['', '', ...columns.map(({ heading }) => heading)],
    ...[...lines].map(([key, names]) => [
      ...names,
      ...columns.map(({ rows }) => shown(rows.find((row) => keyOf(row) === key))),
    ]),
  ]
}

/** Returns a figure with its standard error. */
export function shown(row: Row | undefined): string {
  if (row === undefined) return ''
  const { value, error } = row
  const size = Math.max(Math.abs(value), error)
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2
  const round = (number: number): string => number.toFixed(Number.isInteger(value) && error === 0 ? 0 : digits)
  return error === 0 ? round(value) : `${round(value)} ± ${round(error)}`
}

/** Returns cells as Markdown. */
export function markdown([headings = [], ...lines]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = headings.map((_, index) => (index < 2 ? '---' : '---:'))
  return [line(headings), line(rule), ...lines.map(line)].join('\n')
}

/** Returns cells as text for a terminal. */
export function text(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function keyOf({ group, subject }: Row): string {
  return `${group} | ${subject}`
}
