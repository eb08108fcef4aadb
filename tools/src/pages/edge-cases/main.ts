// Writes docs/edge-cases.md: every case of edge-cases.json with the tests that prove it. The results come from a run of
// the suite, or from the JSON report given as an argument. With --check, writes nothing, and fails if the page is out
// of date.
// Also fails if a pattern of a case matches no test, or a test that did not pass.
import { join } from 'node:path'
import { runProgram } from '../../command/program.ts'
import { argumentError, readArguments } from '../../command/read-arguments.ts'
import { runCommand } from '../../command/run-command.ts'
import { withTempFolder } from '../../command/temp-folder.ts'
import { readTestReport, type Test } from '../../reports/test-report.ts'
import { formatPage } from '../format-page.ts'
import { readPage, settlePages } from '../settle-pages.ts'
import { countCases, edgeCasePage } from './edge-case-page.ts'
import groups from './edge-cases.json' with { type: 'json' }
import { proveCases } from './prove-cases.ts'

const PAGE = 'docs/edge-cases.md'
const USAGE = 'pnpm edge-cases [--check] [REPORT]'

await runCommand('edge-cases', async (args) => {
  const { values, positionals } = readArguments(USAGE, args, {
    allowPositionals: true,
    options: { check: { type: 'boolean', default: false } },
  })
  const [report, ...more] = positionals
  if (more.length > 0) throw argumentError(USAGE, `At most one report is accepted. Received ${positionals.join(' ')}`)

  const tests = report === undefined ? await runSuite() : readTestReport(report)
  const { proven, problems } = proveCases(groups, tests)
  if (problems.length === 0) {
    const page = { file: PAGE, text: formatPage(PAGE, edgeCasePage(proven)) }
    const before = readPage(PAGE)
    problems.push(...settlePages([page], values.check ? 'check' : 'write', 'the run', 'pnpm edge-cases'))
    if (problems.length > 0) problems.push(...firstDifference(before, page.text))
  }
  for (const problem of problems) console.error(problem)
  if (problems.length === 0) console.log(`${PAGE}: ${countCases(proven)} cases, each proved`)
  return problems.length === 0
})

function runSuite(): Promise<Test[]> {
  return withTempFolder('edge', (folder) => {
    const report = join(folder, 'report.json')
    runProgram({ command: 'vitest', args: ['run'], env: { IDLE_TEST_REPORT: report } })
    return readTestReport(report)
  })
}

/** Returns the first row that differs. The width of a column is not a difference, except if nothing else is. */
function firstDifference(before: string, after: string): string[] {
  const rows = (page: string): string[] => page.replace(/ {2,}|-{3,}/g, ' ').split('\n')
  const [old, now] = [rows(before), rows(after)]
  const at = now.findIndex((line, index) => line !== old[index])
  return at < 0 ? [] : [`  the page:  ${old[at] ?? 'ends'}`, `  this run:  ${now[at]}`]
}
