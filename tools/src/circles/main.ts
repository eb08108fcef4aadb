// Prints each circle of imports in the tracked files, of files and of folders, and fails if there is one.
// Arguments are files or folders; without any, the whole tree.
import { readFileSync } from 'node:fs'
import { readArguments } from '../command/read-arguments.ts'
import { runCommand } from '../command/run-command.ts'
import { trackedFiles } from '../command/tracked-files.ts'
import { type Circle, checkCircles } from './check-circles.ts'

await runCommand('circles', (args) => {
  const { positionals } = readArguments('pnpm circles [PATH …]', args, { allowPositionals: true })
  const files = trackedFiles(positionals).filter((file) => /\.[cm]?[jt]s$/.test(file))
  const circles = checkCircles(new Map(files.map((file) => [file, readFileSync(file, 'utf8')])))
  for (const circle of circles) console.log(show(circle))
  console.log(`circles: ${files.length} files, ${circles.length} circles of imports`)
  return circles.length === 0
})

function show({ kind, members, imports }: Circle): string {
  const circle = `circle of ${kind}: ${[...members, members[0]].join(' -> ')}`
  return kind === 'files' ? circle : [circle, ...imports.map(({ from, to }) => `  ${from} imports ${to}`)].join('\n')
}
