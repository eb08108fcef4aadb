// Runs the whole suite on each supported Node major, or on those given as arguments. `--others` means all but the
// current one. `--part` runs the tests that depend most on Node: core, the conformance suite and the adapters, and
// activation. `--core` runs those files of core that depend most on Node. Arguments after `--` are for vitest.
// Prints a line for each major, its failures, and the totals. IDLE_NODES_REPORT names a file for the counts.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { runCommand } from '../../command/run-command.ts'
import { withTempFolder } from '../../command/temp-folder.ts'
import { currentMajor, MAJORS, nodeOf } from '../../nodes/nodes.ts'
import type { Counts } from '../../reports/test-report.ts'
import { chooseRuns } from './choose-runs.ts'
import { runSuite, versionOf } from './run-suite.ts'

await runCommand('test:nodes', async (args) => {
  const { majors, vitest } = chooseRuns(args, MAJORS, currentMajor)
  const results: Record<string, Counts> = {}
  await withTempFolder('nodes', async (folder) => {
    for (const major of majors) {
      const node = nodeOf(major)
      const version = versionOf(node)
      const begin = performance.now()
      const { output, ...counts } =
        version === undefined
          ? { passed: 0, failed: 1, output: 'this Node is missing' }
          : await runSuite(node, vitest, join(folder, `${major}.json`))
      results[major] = counts
      const seconds = Math.round((performance.now() - begin) / 1000)
      console.log(`Node ${version ?? major}: ${counts.passed} passed, ${counts.failed} failed, in ${seconds} s`)
      if (counts.failed > 0) console.log(output)
    }
  })
  const report = process.env['IDLE_NODES_REPORT']
  if (report) writeFileSync(report, JSON.stringify(results))
  const counts = Object.values(results)
  const [passed, failed] = [sum(counts.map((each) => each.passed)), sum(counts.map((each) => each.failed))]
  console.log(`on ${majors.length} versions of Node: ${passed} passed, ${failed} failed`)
  return failed === 0
})

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
