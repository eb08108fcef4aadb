// Runs the soak on each Node major that is supported, but the one that runs this, which `pnpm soak` is for. All arguments are the
// soak's own; with `supervised` as the first, it is the one of `idle-shutdown run`. Prints what it prints, and ends with a failure where one of them did.
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
