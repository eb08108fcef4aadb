// Runs the whole suite on each supported Node major, or on those given as arguments. `--others` means all but the
// current one. `--part` runs the tests that depend most on Node: core, the conformance suite and the adapters, and
// activation. Arguments after `--` are for vitest.
// Prints a line for each major, its failures, and the totals. IDLE_NODES_REPORT names a file for the counts.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { currentMajor, MAJORS, nodeOf } from './nodes.mjs'

const end = process.argv.indexOf('--', 2)
const args = process.argv.slice(2, end < 0 ? undefined : end)
const PART = ['core', 'conformance', 'express', 'fastify', 'koa', 'activation']
const part = args.includes('--part') ? PART.flatMap((project) => ['--project', project]) : []
const forVitest = [...part, ...(end < 0 ? [] : process.argv.slice(end + 1))]
const named = args.filter((arg) => !['--others', '--part'].includes(arg))
const unknown = named.filter((arg) => !/^\d+$/.test(arg))
if (unknown.length > 0)
  throw new Error(`Usage: test-nodes.mjs [--others] [--part] [major …]. Received ${unknown.join(' ')}`)
const majors = (named.length > 0 ? named : MAJORS).filter(
  (major) => !args.includes('--others') || major !== currentMajor,
)

const temp = mkdtempSync(join(tmpdir(), 'idle-shutdown-nodes-'))
let passed = 0
let failed = 0
/** @type {Record<string, { passed: number, failed: number }>} */
const results = {}
try {
  for (const major of majors) {
    const node = nodeOf(major)
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim()
    const begin = performance.now()
    const result = version
      ? await run(node, join(temp, `${major}.json`))
      : { passed: 0, failed: 1, output: 'this Node is missing' }
    results[major] = { passed: result.passed, failed: result.failed }
    passed += result.passed
    failed += result.failed
    const seconds = Math.round((performance.now() - begin) / 1000)
    console.log(`Node ${version || major}: ${result.passed} passed, ${result.failed} failed, in ${seconds} s`)
    if (result.failed > 0) console.log(result.output)
  }
} finally {
  rmSync(temp, { recursive: true, force: true })
}
if (process.env['IDLE_NODES_REPORT']) writeFileSync(process.env['IDLE_NODES_REPORT'], JSON.stringify(results))
console.log(`on ${majors.length} versions of Node: ${passed} passed, ${failed} failed`)
if (failed > 0) process.exitCode = 1

/**
 * Runs the suite with the given Node. Programs that the tests start use it too.
 *
 * @returns {Promise<{ passed: number, failed: number, output: string }>}
 */
async function run(/** @type {string} */ node, /** @type {string} */ report) {
  const env = {
    ...process.env,
    PATH: `${dirname(node)}${delimiter}${process.env['PATH']}`,
    IDLE_TEST_REPORT: report,
    // Overrides the variables that pnpm sets, with which child processes would use pnpm's own Node.
    npm_node_execpath: node,
    NODE: node,
  }
  const vitest = spawn(node, ['node_modules/vitest/vitest.mjs', 'run', ...forVitest], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [vitest.stdout, vitest.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const code = await new Promise((resolve) => vitest.once('close', resolve))
  if (!existsSync(report)) return { passed: 0, failed: 1, output }
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
  // Counts a file that does not load, and an unhandled error: neither appears as a failed test.
  const uncounted = numFailedTests === 0 && (code !== 0 || numPassedTests === 0) ? 1 : 0
  // Keeps only the part after the list of tests, since there are thousands.
  const from = output.search(/^.*(Failed Tests|Failed Suites|Unhandled Errors)/m)
  return { passed: numPassedTests, failed: numFailedTests + uncounted, output: output.slice(Math.max(from, 0)) }
}
