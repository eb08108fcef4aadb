// Runs the tests of the adapters, including the conformance suite, against two sets of framework versions. The first
// minor of each supported major must pass (the suite itself covers the last). The upcoming versions may fail.
// IDLE_MINORS_REPORT names a file for vitest's report on the first set. Arguments limit the run to adapters.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { install } from './install.mjs'
import { testsIn } from './test-report.mjs'

/**
 * @typedef {{ name: string, alias: string, first: string }} Major
 * @typedef {{ package: string, majors: Major[], next?: { name: string, instead: string, version: string } }} Framework
 */

/** @type {{ frameworks: Framework[] }} */
const declared = JSON.parse(readFileSync(new URL('matrix.json', import.meta.url), 'utf8'))
const words = process.argv.slice(2)
const frameworks = declared.frameworks.filter(({ package: name }) => words.length === 0 || words.includes(name))

const temp = mkdtempSync(join(tmpdir(), 'idle-shutdown-minors-'))
let [passed, failed] = [0, 0]
try {
  const report = process.env['IDLE_MINORS_REPORT'] ?? join(temp, 'report.json')
  const aliases = frameworks.flatMap(({ package: name, majors }) =>
    majors.map(({ alias, first }) => [alias, folderOf(name, first)]),
  )
  const projects = frameworks.flatMap(({ package: name }) => ['--project', name])
  const status = vitest(aliases, projects, report)
  const tests = testsIn(report)
  for (const { name, first } of frameworks.flatMap(({ majors }) => majors)) {
    const own = tests.filter(({ titles: [title = ''] }) => title.startsWith(name))
    const good = own.filter((test) => test.passed).length
    console.log(`${name}, ${first}: ${good} passed, ${own.length - good} failed`)
    for (const test of own) if (!test.passed) console.log(`  ${test.name}`)
    if (own.length === 0) failed++
  }
  passed = tests.filter((test) => test.passed).length
  failed += tests.length - passed
  // Counts a file that does not load, and an unhandled error: neither appears as a failed test.
  if (status !== 0 && failed === 0) failed = 1

  for (const { package: name, next } of frameworks) {
    if (next === undefined) continue
    const to = join(temp, 'next.json')
    vitest([[next.instead, folderOf(name, next.version)]], [`packages/${name}/src`], to)
    const own = testsIn(to).filter(({ titles: [title = ''] }) => title.toLowerCase() === titleOf(next.instead))
    const good = own.filter((test) => test.passed).length
    console.log(`${next.name}, ${next.version}, which is allowed to fail: ${good} of ${own.length} pass`)
  }
} finally {
  rmSync(temp, { recursive: true, force: true })
}
console.log(`first minors: ${passed} passed, ${failed} failed`)
if (failed > 0) process.exitCode = 1

/** Returns the title of the tests that use an alias. */
function titleOf(/** @type {string} */ alias) {
  const major = declared.frameworks.flatMap(({ majors }) => majors).find((each) => each.alias === alias)
  return major?.name.toLowerCase()
}

/** Installs a version of a framework and returns its folder. */
function folderOf(/** @type {string} */ name, /** @type {string} */ version) {
  return join(install(`${name}-${version}`, [`${name}@${version}`]), 'node_modules', name)
}

/** Runs the suite, or part of it, with other versions of frameworks. */
function vitest(
  /** @type {(string | undefined)[][]} */ aliases,
  /** @type {string[]} */ args,
  /** @type {string} */ report,
) {
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args], {
    env: { ...process.env, IDLE_TEST_REPORT: report, IDLE_TEST_ALIASES: JSON.stringify(Object.fromEntries(aliases)) },
    stdio: 'ignore',
  })
  return status
}
