// Prints every combination that is declared supported, with its result in a run. The declaration consists of
// matrix.json, runtimes.json, and the compilers in the manifest that matrix.json names. The peer ranges of the packages
// must agree with it.
// Arguments name the reports of earlier runs. --suite=, --minors= and --consumers= are reports of vitest. --runtimes=
// and --nodes= are the files of IDLE_RUNTIMES_REPORT and IDLE_NODES_REPORT. Suites without a report are run. With
// --here, the other versions of Node are not run even without a report, since the workflow has a job for each.
// A combination that was skipped or not run is a failure. With --write, makes docs/matrix.md and the table of the
// README, but only from a run of everything. With --check, fails if they are out of date.
import { readJson } from '../command/json-value.ts'
import { argumentError, readArguments } from '../command/read-arguments.ts'
import { runCommand } from '../command/run-command.ts'
import { withTempFolder } from '../command/temp-folder.ts'
import { currentMajor } from '../nodes/nodes.ts'
import { formatPage } from '../pages/format-page.ts'
import { readPage, settlePages } from '../pages/settle-pages.ts'
import { readTestReport } from '../reports/test-report.ts'
import { RUNTIMES } from '../runtimes/declared.ts'
import { readResults } from '../runtimes/outcomes.ts'
import { DECLARED } from './declared.ts'
import { matrixPage, withSummary } from './matrix-page.ts'
import { type Given, Reports, readCounts } from './reports.ts'
import { companionRows, compilerRows, consumerRows, frameworkRows, nodeRows, type Row, runtimeRows } from './rows.ts'
import { checkRanges, checkRows, showRows } from './verdict.ts'

const [PAGE, README] = ['docs/matrix.md', 'README.md']
const ON_DEMAND = 'e2e/on-demand/package.json'
const CONSUMER = 'e2e/consumers/majors/now/package.json'
const REPORTS = ['suite', 'runtimes', 'minors', 'consumers', 'nodes'] as const
const USAGE = `pnpm test:matrix [--here] [--write | --check] [${REPORTS.map((name) => `--${name}=REPORT`).join('] [')}]`

await runCommand('test:matrix', async (args) => {
  const { values } = readArguments(USAGE, args, {
    options: {
      here: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      suite: { type: 'string' },
      runtimes: { type: 'string' },
      minors: { type: 'string' },
      consumers: { type: 'string' },
      nodes: { type: 'string' },
    },
  })
  if (values.write && values.check) throw argumentError(USAGE, '--write and --check exclude each other. Received both')

  const others = DECLARED.nodes.filter((major) => major !== currentMajor)
  const { rows, problems } = await withTempFolder('matrix', (folder) => {
    const reports = new Reports(values, folder, others)
    return { rows: combinations(reports, values, values.here), problems: reports.problems }
  })
  problems.push(...checkRanges(DECLARED.frameworks, peerRange))
  for (const line of showRows(rows)) console.log(line)
  problems.push(...checkRows(rows, values.write))
  if (problems.length === 0) {
    const pages = [
      { file: PAGE, text: formatPage(PAGE, matrixPage(rows)) },
      { file: README, text: formatPage(README, withSummary(readPage(README), README, rows)) },
    ]
    const mode = values.write ? 'write' : values.check ? 'check' : 'show'
    problems.push(...settlePages(pages, mode, 'the run', 'pnpm test:matrix --write'))
  }
  for (const problem of problems) console.log(problem)
  const passed = rows.length - Math.min(problems.length, rows.length)
  console.log(`matrix: ${passed} passed, ${problems.length} failed`)
  return problems.length === 0
})

/** Returns a row for each combination, from the reports of earlier runs and of new ones. */
function combinations(reports: Reports, given: Given, here: boolean): Row[] {
  for (const name of REPORTS) if (given[name] !== undefined) checkReport(name, given[name])
  const suite = readTestReport(reports.file('suite'))
  const ran = here && given.nodes === undefined ? {} : readCounts(reports.file('nodes'))
  const onDemand = versionsIn(ON_DEMAND)
  const tools = versionsIn(CONSUMER)
  const nodes = nodeRows(DECLARED.nodes, currentMajor, suite, ran, here)
  const runtimes = runtimeRows(RUNTIMES.runtimes, readResults(reports.file('runtimes')))
  const minors = readTestReport(reports.file('minors'))
  const frameworks = frameworkRows(DECLARED.frameworks, suite, minors, (name, alias) =>
    installedVersion(`packages/${name}/node_modules/${alias}`),
  )
  const companions = companionRows(
    DECLARED.companions,
    suite,
    (name) => onDemand.get(name) ?? installedVersion(`e2e/node_modules/${name}`),
  )
  const consumers = readTestReport(reports.file('consumers'))
  return [
    ...nodes,
    ...runtimes,
    ...frameworks,
    ...companions,
    ...compilerRows([...versionsIn(DECLARED.compilers)], consumers),
    ...consumerRows(DECLARED.consumers, consumers, (tool) => tools.get(tool) ?? 'of an unknown version'),
  ]
}

/** Reads a given report, so that a wrong one ends the command before the others are run for hours. */
function checkReport(name: (typeof REPORTS)[number], file: string): void {
  if (name === 'nodes') readCounts(file)
  else if (name === 'runtimes') readResults(file)
  else readTestReport(file)
}

function peerRange(framework: string): string | undefined {
  const range = readJson(`packages/${framework}/package.json`).get('peerDependencies').get(framework)
  return range.exists ? range.text() : undefined
}

function versionsIn(manifest: string): Map<string, string> {
  const dependencies = readJson(manifest).get('dependencies').entries()
  return new Map(dependencies.map(([name, version]) => [name, version.text()]))
}

function installedVersion(folder: string): string {
  return readJson(`${folder}/package.json`).get('version').text()
}
