// Sends 5,000 requests around the deadline to servers under `idle-shutdown run`, over more than 200 wake-ups. Runs on
// each supported Node major, or on those given as arguments. No request may be lost. The suite includes a short
// version.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const vitest = ['--project', 'cli', 'test/wake-ups.test.ts']
const { status } = spawnSync(process.execPath, ['scripts/test-nodes.mjs', ...process.argv.slice(2), '--', ...vitest], {
  stdio: 'inherit',
  env: { ...process.env, WAKE_UPS: 'full' },
})
process.exitCode = status ?? 1
