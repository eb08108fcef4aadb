// Makes docs/matrix.md and the table of the README from the rows of test-matrix.mjs. The text holds no time and no
// count, so that equal results make equal text.
/** @typedef {import('./test-matrix.mjs').Row} Row */

const INTRO = `# What it is tried with

Every combination that is declared supported, made by \`pnpm test:matrix --write\`, and not by hand. It runs all of them, each version of
Node included, and writes this page only where all were run and passed. \`.ci/run\` checks that the page is what its own run says: there, the
other versions of Node run what depends on Node most (core, the adapters, the conformance suite, and activation). The workflow runs the whole
suite on each of them. Of a framework's major the first version that the peer range takes is tried, and the last.
`

/** Returns the whole page. */
export function pageOf(/** @type {Row[]} */ rows) {
  const lines = rows.map(
    ({ name, version, by, result }) =>
      `| ${name} | ${version} | ${result === 'may fail' ? 'may fail' : 'passes'} | ${by} |`,
  )
  return [INTRO, '| what | version | result | tried by |', '| --- | --- | --- | --- |', ...lines, ''].join('\n')
}

/** Returns one line for each group. */
export function summaryOf(/** @type {Row[]} */ rows) {
  /** @type {Map<string, string[]>} */
  const groups = new Map()
  for (const { group, name, version, result } of rows) {
    const several = ['Companions', 'Other runtimes', 'Consumers'].includes(group)
    const shown = [
      several ? `${name} ${version.split('.')[0]}`.trim() : version,
      result === 'may fail' ? '(may fail)' : '',
    ]
    groups.set(group, [...(groups.get(group) ?? []), shown.join(' ').trim()])
  }
  const lines = [...groups].map(([group, members]) => `| ${group} | ${members.join(', ')} |`)
  return ['| | tried with |', '| --- | --- |', ...lines].join('\n')
}
