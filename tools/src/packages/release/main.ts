// Runs the release workflow up to its last step in a clone of the last commit. Changesets make versions and changelogs,
// the lockfile stays as it is, and everything is built. Every package is published with --dry-run. Changes neither this
// tree nor a registry.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { readProgram } from '../../command/program.ts'
import { readArguments } from '../../command/read-arguments.ts'
import { runCommand } from '../../command/run-command.ts'
import { withTempFolder } from '../../command/temp-folder.ts'
import { type Published, publishedIn } from '../published.ts'
import { changesetsIn, checkRelease } from './check-release.ts'

await runCommand('release:dry-run', async (args) => {
  readArguments('pnpm release:dry-run', args, {})
  const problems = await withTempFolder('release', (temp) => {
    try {
      return tryRelease(join(temp, 'clone'))
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)]
    }
  })
  for (const problem of problems) console.error(`release: ${problem}`)
  return problems.length === 0
})

/** Releases a clone, but for the upload. Returns the problems of its versions and changelogs. */
function tryRelease(clone: string): string[] {
  const tree = output('git', ['status', '--porcelain'], '.')
  if (tree !== '') console.log('Uncommitted changes are not in this release.')
  output('git', ['clone', '--quiet', '--depth=1', `file://${process.cwd()}`, clone], '.')
  const changesets = changesetsIn(readdirSync(join(clone, '.changeset')))
  const before = publishedIn(join(clone, 'packages'))
  output('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], clone)
  output('pnpm', ['run', 'version-packages'], clone)
  output('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], clone)
  const after = publishedIn(join(clone, 'packages'))
  const problems = checkRelease(before, after, changesets.length, changelogOf)
  if (changesets.length === 0) console.log('release: no changeset, so no new version')
  output('node', ['scripts/turbo.mjs', 'build'], clone)
  for (const { name, version, folder } of after) {
    // Provenance exists only inside the workflow.
    output('pnpm', ['publish', '--dry-run', '--no-git-checks', '--provenance=false'], folder)
    console.log(`release: ${name} ${version} would be published`)
  }
  if (output('git', ['status', '--porcelain'], '.') !== tree) problems.push('the working tree has changed')
  return problems
}

function changelogOf({ folder }: Published): string | undefined {
  const file = join(folder, 'CHANGELOG.md')
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** Runs a program and returns its output. Throws an error with the output if the program fails. */
function output(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = readProgram({ command, args }, cwd)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: \n${stdout}${stderr}`)
  return stdout
}
