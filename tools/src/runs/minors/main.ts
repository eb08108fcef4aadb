// Runs the tests of the adapters, including the conformance suite, against two sets of framework versions. The first
// minor of each supported major must pass (the suite itself covers the last). The upcoming versions may fail.
// IDLE_MINORS_REPORT names a file for vitest's report on the first set. Arguments limit the run to adapters.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { readJson } from '../../command/json-value.ts'
import { runCommand } from '../../command/run-command.ts'
import { withTempFolder } from '../../command/temp-folder.ts'
import { install } from '../../install/install.ts'
import { DECLARED } from '../../matrix/declared.ts'
import { testsIn } from '../../reports/test-report.ts'
import { chooseFrameworks } from './choose-frameworks.ts'
import { judgeMinors, projectArguments, showNext } from './minor-verdict.ts'

await runCommand('test:minors', (args) => {
  const frameworks = chooseFrameworks(args, DECLARED.frameworks)
  return withTempFolder('minors', (folder) => {
    const report = process.env['IDLE_MINORS_REPORT'] ?? join(folder, 'report.json')
    const aliases = frameworks.flatMap(({ package: name, majors }) =>
      majors.map(({ alias, first }) => [alias, folderOf(name, first)] as const),
    )
    const status = runVitest(aliases, projectArguments(frameworks), report)
    const { passed, failed, lines } = judgeMinors(frameworks, testsIn(readJson(report)), status)
    for (const line of lines) console.log(line)

    for (const { package: name, majors, next } of frameworks) {
      if (next === undefined) continue
      const to = join(folder, 'next.json')
      runVitest([[next.instead, folderOf(name, next.version)]], [`packages/${name}/src`], to)
      console.log(showNext(next, majors, testsIn(readJson(to))))
    }
    console.log(`first minors: ${passed} passed, ${failed} failed`)
    return failed === 0
  })
})

/** Installs a version of a framework and returns its folder. */
function folderOf(name: string, version: string): string {
  return join(install(`${name}-${version}`, [`${name}@${version}`]), 'node_modules', name)
}

/** Runs tests with other versions of frameworks. Returns the exit code, or `null` if vitest has none. */
function runVitest(
  aliases: readonly (readonly [alias: string, folder: string])[],
  args: readonly string[],
  report: string,
): number | null {
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args], {
    env: { ...process.env, IDLE_TEST_REPORT: report, IDLE_TEST_ALIASES: JSON.stringify(Object.fromEntries(aliases)) },
    stdio: 'ignore',
  })
  return status
}
