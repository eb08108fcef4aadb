// Packs every published package as for publishing, with workspace and catalog versions resolved. Runs `publint` or
// `attw` on the tarball. Prints one line per package, and its problems.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const commands = {
  publint: (/** @type {string} */ tarball) => ['publint', 'run', tarball, '--strict'],
  // Every supported Node can `require()` an ES module, and so can TypeScript from 5.8 under nodenext. So this rule is
  // ignored.
  attw: (/** @type {string} */ tarball) => [
    ...['attw', tarball, '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--format', 'table-flipped'],
  ],
}

const tool = process.argv[2]
if (tool !== 'publint' && tool !== 'attw') throw new Error('Usage: check-packages.mjs publint|attw')

const temp = mkdtempSync(join(tmpdir(), 'idle-shutdown-pack-'))
const shell = process.platform === 'win32'
try {
  for (const directory of readdirSync('packages')) {
    const cwd = join('packages', directory)
    const manifest = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'))
    if (manifest.private) continue

    const destination = join(temp, directory)
    execFileSync('pnpm', ['pack', '--pack-destination', destination], {
      cwd,
      shell,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [tarball = ''] = readdirSync(destination)
    const [command = '', ...args] = commands[tool](join(destination, tarball))
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', shell })

    console.log(`${tool}: ${manifest.name} ${status === 0 ? 'ok' : 'FAILED'}`)
    if (status !== 0) {
      console.log(stdout, stderr)
      process.exitCode = 1
    }
  }
} finally {
  rmSync(temp, { recursive: true, force: true })
}
