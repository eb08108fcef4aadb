// Prints each circle of imports in the tracked files, of files and of folders, and fails if there is one.
// Arguments are files or folders; without any, the whole tree.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { type Circle, checkCircles } from './check-circles.ts'

const args = process.argv.slice(2)
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...args], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /\.[cm]?[jt]s$/.test(file) && existsSync(file))
const circles = checkCircles(new Map(files.map((file) => [file, readFileSync(file, 'utf8')])))
for (const circle of circles) console.log(show(circle))
console.log(`circles: ${files.length} files, ${circles.length} circles of imports`)
if (circles.length > 0) process.exitCode = 1

function show({ kind, members, imports }: Circle): string {
  const circle = `circle of ${kind}: ${[...members, members[0]].join(' -> ')}`
  return kind === 'files' ? circle : [circle, ...imports.map(({ from, to }) => `  ${from} imports ${to}`)].join('\n')
}
