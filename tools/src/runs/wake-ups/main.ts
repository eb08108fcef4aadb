// Sends 5,000 requests around the deadline to servers under `idle-shutdown run`, over more than 200 wake-ups. Runs on
// each supported Node major, or on those given as arguments. No request may be lost. The suite includes a short
// version.
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../../command/program.ts'
import { runCommand } from '../../command/run-command.ts'

/** `pnpm test:nodes`, which also checks the arguments. */
const NODES = fileURLToPath(new URL('../nodes/main.js', import.meta.url))

await runCommand('test:wake-ups', (args) => {
  const vitest = ['--project', 'cli', 'test/wake-ups.test.ts']
  const status = runProgram({
    command: process.execPath,
    args: [NODES, ...args, '--', ...vitest],
    env: { WAKE_UPS: 'full' },
  })
  return status === 0
})
