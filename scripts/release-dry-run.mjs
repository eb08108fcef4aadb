// Runs the release workflow up to its last step in a clone of the last commit. Changesets make versions and changelogs,
// the lockfile stays as it is, and everything is built. Every package is published with --dry-run. Changes neither this
// tree nor a registry.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const temp = mkdtempSync(join(tmpdir(), 'idle-shutdown-release-'))
const clone = join(temp, 'clone')
/** @type {string[]} */
const problems = []
try {
  const tree = output('git', ['status', '--porcelain'], '.')
  if (tree !== '') console.log('Uncommitted changes are not in this release.')
  run('git', ['clone', '--quiet', '--depth=1', `file://${process.cwd()}`, clone], '.')
  const pending = readdirSync(join(clone, '.changeset')).filter((file) => file.endsWith('.md') && file !== 'README.md')
  const before = published()
  run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], clone)
  run('pnpm', ['run', 'version-packages'], clone)
  run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], clone)
  const after = published()
  check(before, after, pending.length)
  run('node', ['scripts/turbo.mjs', 'build'], clone)
  for (const { name, version, folder } of after) {
    // Provenance exists only inside the workflow.
    run('pnpm', ['publish', '--dry-run', '--no-git-checks', '--provenance=false'], folder)
    console.log(`release: ${name} ${version} would be published`)
  }
  if (output('git', ['status', '--porcelain'], '.') !== tree) problems.push('the working tree has changed')
} catch (error) {
  problems.push(error instanceof Error ? error.message : String(error))
} finally {
  rmSync(temp, { recursive: true, force: true })
}
for (const problem of problems) console.error(`release: ${problem}`)
if (problems.length > 0) process.exitCode = 1

/**
 * Checks that there is one version for all packages, higher than before, and a changelog for it, if there are
 * changesets.
 */
function check(
  /** @type {ReturnType<typeof published>} */ before,
  /** @type {ReturnType<typeof published>} */ after,
  /** @type {number} */ pending,
) {
  const versions = new Set(after.map(({ version }) => version))
  if (versions.size !== 1) problems.push(`packages have several versions: ${[...versions].join(', ')}`)
  if (pending === 0) return console.log('release: no changeset, so no new version')
  for (const { name, version, folder } of after) {
    if (before.some((old) => old.name === name && old.version === version))
      problems.push(`${name} still has version ${version}`)
    const changelog = join(folder, 'CHANGELOG.md')
    if (!existsSync(changelog)) problems.push(`${name} has no changelog`)
    else if (!readFileSync(changelog, 'utf8').includes(`## ${version}\n`)) {
      problems.push(`the changelog of ${name} has no entry for ${version}`)
    }
  }
}

/** Returns the published packages of the clone in their current state. */
function published() {
  return readdirSync(join(clone, 'packages')).flatMap((directory) => {
    const folder = join(clone, 'packages', directory)
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return manifest.private ? [] : [{ name: String(manifest.name), version: String(manifest.version), folder }]
  })
}

function run(/** @type {string} */ command, /** @type {string[]} */ args, /** @type {string} */ cwd) {
  output(command, args, cwd)
}

function output(/** @type {string} */ command, /** @type {string[]} */ args, /** @type {string} */ cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? ''}\n${stdout}${stderr}`)
  return stdout
}
