// Tests the packages as users get them: packed, and installed with npm in a folder outside of the workspace.
// `pnpm test:consumers`, optionally with parts of the names of test files (`packed`, `consumers`, `typescript`) and
// other arguments of vitest.
// `--report FILE`, or IDLE_CONSUMERS_REPORT, writes vitest's report as JSON. The last line is the total.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'

const rest = process.argv.slice(2)
const at = rest.indexOf('--report')
const [, wanted = process.env['IDLE_CONSUMERS_REPORT']] = at < 0 ? [] : rest.splice(at, 2)
const temp = mkdtempSync(join(tmpdir(), 'idle-shutdown-report-'))
try {
  const report = wanted === undefined ? join(temp, 'report.json') : resolve(wanted)
  const { status } = spawnSync('vitest', ['run', '--config', 'e2e/consumers/vitest.config.ts', ...rest], {
    env: { ...process.env, IDLE_TEST_REPORT: report },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
  console.log(`test:consumers: ${numPassedTests} passed, ${numFailedTests} failed`)
  process.exitCode = status ?? 1
} finally {
  rmSync(temp, { recursive: true, force: true })
}
