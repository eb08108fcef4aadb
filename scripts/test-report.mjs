import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'

/**
 * @typedef {{ file: string, titles: string[], name: string, passed: boolean, skipped: boolean }} Test
 * @typedef {{ ancestorTitles: string[], title: string, status: string }} Assertion
 * @typedef {{ testResults: { name: string, assertionResults: Assertion[] }[] }} Report
 */

/**
 * Returns the tests of a JSON report of vitest, sorted by file. Vitest lists the files in the order in which it found
 * them. It searches all projects at once, so the order differs between runs. A skipped test counts as not passed.
 *
 * @returns {Test[]}
 */
export function testsIn(/** @type {string} */ file) {
  /** @type {Report} */
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const byFile = report.testResults.toSorted(({ name: a }, { name: b }) => (a < b ? -1 : 1))
  return byFile.flatMap(({ name: path, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => {
      const file = relative(resolve('.'), path).replaceAll('\\', '/')
      const titles = [...ancestorTitles, title]
      return {
        file,
        titles,
        name: [file, ...titles].join(' › '),
        passed: status === 'passed',
        skipped: !/passed|failed/.test(status),
      }
    }),
  )
}
