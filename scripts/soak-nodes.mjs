// Runs the soak on each supported Node major but the current one, for which there is `pnpm soak`. Passes all arguments
// on. If the first is `supervised`, runs the soak of `idle-shutdown run` instead. Prints the output of each run, and
// fails if one of them failed.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { currentMajor, MAJORS, nodeOf } from './nodes.mjs'

const [first, ...rest] = process.argv.slice(2)
const args =
  first === 'supervised' ? ['soak/dist/supervised/main.js', ...rest] : ['soak/dist/main.js', ...process.argv.slice(2)]

for (const major of MAJORS) {
  if (major === currentMajor) continue
  const { status } = spawnSync(nodeOf(major), args, { stdio: 'inherit' })
  if (status !== 0) process.exitCode = status ?? 1
}
