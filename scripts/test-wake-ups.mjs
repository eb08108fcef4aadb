// Asks servers under `idle-shutdown run` 5,000 times around the deadline, over more than 200 wake-ups, on each Node major that is
// supported, or on those that the arguments name. None may be lost. Of the suite, a short one is a part.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const vitest = ['--project', 'cli', 'test/wake-ups.test.ts']
const { status } = spawnSync(process.execPath, ['scripts/test-nodes.mjs', ...process.argv.slice(2), '--', ...vitest], {
  stdio: 'inherit',
  env: { ...process.env, WAKE_UPS: 'full' },
})
process.exitCode = status ?? 1
