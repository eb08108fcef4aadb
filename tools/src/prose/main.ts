// Prints each place of the tracked files that breaks a rule for sentences (CONTRIBUTING.md), and fails if there is one.
// Arguments are files or folders; without any, the whole tree.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { checkProse, type Finding } from './check-prose.ts'

/** Files that quote others or that a tool writes. */
const EXEMPT = [
  /^CODE_OF_CONDUCT\.md$/, // of the Contributor Covenant
  /^tools\/src\/prose\//, // names the words that it is about
]

const args = process.argv.slice(2)
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...args], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(file) && !EXEMPT.some((exempt) => exempt.test(file)))
const findings = files.flatMap((file) => checkProse(file, readFileSync(file, 'utf8')))
for (const finding of findings) console.log(show(finding))
console.log(`prose: ${files.length} files, ${findings.length} sentences to rewrite`)
if (findings.length > 0) process.exitCode = 1

function show({ file, line, rule, found }: Finding): string {
  const shown = found.length > 80 ? `${found.slice(0, 79)}…` : found
  return `${file}:${line} rule ${rule.number}: "${shown}": ${rule.advice}`
}
