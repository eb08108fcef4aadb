// Runs a turbo task in all packages, or in those given as further arguments. Prints the output only if the task fails,
// since turbo's banner cannot be turned off by itself.
// It is JavaScript, and not in tools, because it starts every build.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const [task = 'build', ...filters] = process.argv.slice(2)
const turbo = spawnSync(
  'turbo',
  ['run', task, '--log-order=grouped', '--continue=dependencies-successful', ...filters],
  {
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    maxBuffer: 2 ** 26,
    shell: process.platform === 'win32',
  },
)

if (turbo.status !== 0) {
  process.stdout.write(turbo.stdout ?? '')
  process.stderr.write(turbo.stderr ?? turbo.error?.message ?? '')
  process.exitCode = turbo.status ?? 1
}
