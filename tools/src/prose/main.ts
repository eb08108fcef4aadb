// Prints each place of the tracked files that breaks a rule for sentences (CONTRIBUTING.md), and fails if there is one.
// Arguments are files or folders; without any, the whole tree.
import { readFileSync } from 'node:fs'
import { readArguments } from '../command/read-arguments.ts'
import { runCommand } from '../command/run-command.ts'
import { trackedFiles } from '../command/tracked-files.ts'
import { checkProse, type Finding } from './check-prose.ts'

/** Files that quote others or that a tool writes. */
const EXEMPT = [
  /^CODE_OF_CONDUCT\.md$/, // of the Contributor Covenant
  /^tools\/src\/prose\//, // names the words that it is about
]

await runCommand('prose', (args) => {
  const { positionals } = readArguments('pnpm prose [PATH …]', args, { allowPositionals: true })
  const files = trackedFiles(positionals).filter((file) => !EXEMPT.some((exempt) => exempt.test(file)))
  const findings = files.flatMap((file) => checkProse(file, readFileSync(file, 'utf8')))
  for (const finding of findings) console.log(show(finding))
  console.log(`prose: ${files.length} files, ${findings.length} sentences to rewrite`)
  return findings.length === 0
})

function show({ file, line, rule, found }: Finding): string {
  const shown = found.length > 80 ? `${found.slice(0, 79)}…` : found
  return `${file}:${line} rule ${rule.number}: "${shown}": ${rule.advice}`
}
