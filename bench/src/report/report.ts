import type { Length, Row } from '../measure/row.ts'

/** The result of a benchmark. Kept as bench/results/NAME.json. */
export interface Report {
  readonly name: string
  /** The runs by version of Node. */
  readonly runs: readonly Run[]
}

/** The rows of one version of Node, with the time and place of the run. */
export interface Run {
  readonly node: string
  /** The date of the run, as yyyy-mm-dd. */
  readonly date: string
  readonly cpu: string
  readonly length: Length
  readonly rows: readonly Row[]
}

/** Returns the new runs together with earlier runs of other Node majors, ordered by version. */
export function withOthers(measured: readonly Run[], before: readonly Run[]): Run[] {
  const majors = measured.map(({ node }) => majorOf(node))
  const others = before.filter(({ node }) => !majors.includes(majorOf(node)))
  return [...others, ...measured].sort((one, other) => majorOf(one.node) - majorOf(other.node))
}

/** Returns date, machine and versions of Node, with runs of the same origin grouped. */
export function origins(runs: readonly Run[]): string {
  const nodes = new Map<string, string[]>()
  for (const { node, date, cpu, length } of runs) {
    const origin = `${date}, ${cpu}, ${length === 'normal' ? '' : `length: ${length}, `}Node`
    nodes.set(origin, [...(nodes.get(origin) ?? []), node])
  }
  return [...nodes].map(([origin, versions]) => `${origin} ${versions.join(', ')}`).join('; ')
}

/** Returns 22 for 'v22.1.0'. */
export function majorOf(node: string): number {
  return Number.parseInt(node.slice(1), 10)
}
