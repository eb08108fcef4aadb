import type { Length, Row } from './row.ts'

/** What a benchmark found. Kept as bench/results/NAME.json. */
export interface Report {
  readonly name: string
  /** By version of Node. */
  readonly runs: readonly Run[]
}

/** What one version of Node did, and where. */
export interface Run {
  readonly node: string
  /** When it was done, as yyyy-mm-dd. */
  readonly date: string
  readonly cpu: string
  readonly length: Length
  readonly rows: readonly Row[]
}

/** What has been measured now, and in its place among it what other majors of Node did before. */
export function withOthers(measured: readonly Run[], before: readonly Run[]): Run[] {
  const anew = measured.map(({ node }) => majorOf(node))
  const others = before.filter(({ node }) => !anew.includes(majorOf(node)))
  return [...others, ...measured].sort((one, other) => majorOf(one.node) - majorOf(other.node))
}

/** When, where, and on which versions of Node: those that were measured together, together. */
export function origins(runs: readonly Run[]): string {
  const nodes = new Map<string, string[]>()
  for (const { node, date, cpu, length } of runs) {
    const origin = `${date}, ${cpu}, ${length === 'normal' ? '' : `length: ${length}, `}Node`
    nodes.set(origin, [...(nodes.get(origin) ?? []), node])
  }
  return [...nodes].map(([origin, versions]) => `${origin} ${versions.join(', ')}`).join('; ')
}

/** 22 of 'v22.1.0'. */
export function majorOf(node: string): number {
  return Number.parseInt(node.slice(1), 10)
}
