// Makes docs/matrix.md and the table of the README from the rows of test-matrix.mjs. The text holds no time and no
// count, so that equal results make equal text.
/**
 * @typedef {object} Row
 * @property {string} group
 * @property {string} name
 * @property {string} version
 * @property {string} by
 * @property {'passes' | 'fails' | 'was skipped' | 'was not run' | 'not run here' | 'may fail'} result
 * @property {string} [because] the first test that failed, or that was skipped
 */

const INTRO = `# Tested combinations

Every combination that is declared supported. \`pnpm test:matrix --write\` runs all of them on each version of Node, and writes this page
only if all of them pass. \`.ci/run\` compares the page with its own run. There, the other versions of Node run only the tests that depend
most on Node: core, the adapters, the conformance suite and activation. The workflow runs the whole suite on each version. Of each major of a
framework, the tests run on the first version that the peer range allows, and on the last.
`

/** Returns the whole page. */
export function pageOf(/** @type {Row[]} */ rows) {
  const lines = rows.map(
    ({ name, version, by, result }) =>
      `| ${name} | ${version} | ${result === 'may fail' ? 'may fail' : 'passes'} | ${by} |`,
  )
  return [INTRO, '| what | version | result | tested by |', '| --- | --- | --- | --- |', ...lines, ''].join('\n')
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
  return ['| | tested with |', '| --- | --- |', ...lines].join('\n')
}
