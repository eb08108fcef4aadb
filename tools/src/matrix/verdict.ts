import type { Framework } from './declared.ts'
import type { Row } from './rows.ts'

/**
 * Returns a problem for each supported combination that fails, was skipped or was not run.
 *
 * @param write whether the page is to be written, for which every combination must have run
 */
export function checkRows(rows: readonly Row[], write: boolean): string[] {
  const problems = rows
    .filter(({ result }) => result === 'fails' || result === 'was skipped' || result === 'was not run')
    .map(({ name, version, result, because }) => {
      const problem = `${name} ${version} is declared supported, but ${result}`.replace('  ', ' ')
      return because === undefined ? problem : `${problem}: ${because}`
    })
  const missing = rows.filter(({ result }) => result === 'not run here')
  if (missing.length === 0 || !write) return problems
  const names = missing.map(({ name, version }) => `${name} ${version}`)
  return [...problems, `nothing was written, since some were not run: ${names.join(', ')}`]
}

/**
 * Returns a problem for each adapter whose peer range differs from the tested versions.
 *
 * @param peerRange returns the range in the manifest of an adapter
 */
export function checkRanges(
  frameworks: readonly Framework[],
  peerRange: (framework: string) => string | undefined,
): string[] {
  return frameworks.flatMap(({ package: name, majors }) => {
    const range = majors.map(({ first }) => `^${first}`).join(' || ')
    const declared = peerRange(name)
    if (declared === range) return []
    return [`@idle-shutdown/${name} has the peer range ${declared}, but matrix.json has ${range}`]
  })
}

/** Returns a line for each combination, in columns. */
export function showRows(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(({ name, version }) => `${name} ${version}`.length))
  return rows.map(
    ({ name, version, by, result }) => `${`${name} ${version}`.padEnd(width)}  ${result.padEnd(12)}  ${by}`,
  )
}
