import { replaceBetween } from '../pages/replace-between.ts'
import type { Row } from './rows.ts'

const INTRO = `# Tested combinations

Every combination that is declared supported. \`pnpm test:matrix --write\` runs all of them on each version of Node, and writes this page
only if all of them pass. \`pnpm check:all\` compares the page with its own run.
Of each major of a framework, the tests run on the first version that the peer range allows, and on the last.
`

/** The groups whose members are different packages. The README shows their names. */
const SEVERAL = ['Companions', 'Other runtimes', 'Consumers']

/**
 * Returns the text of docs/matrix.md from rows that do not fail. The text holds no time and no count, so that equal
 * results make equal text.
 */
export function matrixPage(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ name, version, by, result }) =>
      `| ${name} | ${version} | ${result === 'may fail' ? 'may fail' : 'passes'} | ${by} |`,
  )
  return [INTRO, '| what | version | result | tested by |', '| --- | --- | --- | --- |', ...lines, ''].join('\n')
}

/** Replaces the table of the root README: one line for each group. */
export function withSummary(readme: string, file: string, rows: readonly Row[]): string {
  const groups = new Map<string, string[]>()
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), inSummary(row)])
  const lines = [...groups].map(([group, members]) => `| ${group} | ${members.join(', ')} |`)
  return replaceBetween(readme, file, 'matrix', ['| | tested with |', '| --- | --- |', ...lines].join('\n'))
}

function inSummary({ group, name, version, result }: Row): string {
  const shown = SEVERAL.includes(group) ? `${name} ${version.split('.')[0]}`.trim() : version
  return `${shown} ${result === 'may fail' ? '(may fail)' : ''}`.trim()
}
