import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import process from 'node:process'
import { readJson } from '../../command/json-value.ts'
import { type Counts, countsOf, testsIn } from '../../reports/test-report.ts'

/** The result of the suite on one version of Node. */
export interface SuiteResult extends Counts {
  /** The part of vitest's output that is about failures. */
  readonly output: string
}

/** Returns the version of a Node binary, or `undefined` if it does not run. */
export function versionOf(node: string): string | undefined {
  return spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim() || undefined
}

/** Runs vitest with the given Node. Programs that the tests start use it too. */
export async function runSuite(node: string, args: readonly string[], report: string): Promise<SuiteResult> {
  const vitest = spawn(node, ['node_modules/vitest/vitest.mjs', 'run', ...args], {
    env: { ...process.env, ...environment(node, process.env['PATH'] ?? '', report) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [vitest.stdout, vitest.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const status = await new Promise<number | null>((resolve) => vitest.once('close', resolve))
  const counts = existsSync(report) ? countsOf(testsIn(readJson(report)), status) : { passed: 0, failed: 1 }
  return { ...counts, output: failuresIn(output) }
}

/** Returns the variables with which vitest, and what the tests start, use a Node. */
export function environment(node: string, path: string, report: string): Record<string, string> {
  return {
    PATH: `${dirname(node)}${delimiter}${path}`,
    IDLE_TEST_REPORT: report,
    // Overrides the variables that pnpm sets, with which child processes would use pnpm's own Node.
    npm_node_execpath: node,
    NODE: node,
  }
}

/** Returns the part after the list of tests, which has thousands of lines. Returns everything if no test failed. */
export function failuresIn(output: string): string {
  return output.slice(Math.max(output.search(/^.*(Failed Tests|Failed Suites|Unhandled Errors)/m), 0))
}
