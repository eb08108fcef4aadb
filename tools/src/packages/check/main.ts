// Packs every published package as for publishing, with workspace and catalog versions resolved. Runs `publint` or
// `attw` on the tarball. Prints one line per package, and its problems.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { readProgram } from '../../command/program.ts'
import { runCommand } from '../../command/run-command.ts'
import { withTempFolder } from '../../command/temp-folder.ts'
import { publishedIn } from '../published.ts'
import { checkCommand, chooseChecker } from './checker.ts'

await runCommand('check-packages', (args) => {
  const checker = chooseChecker(args)
  return withTempFolder('pack', (temp) => {
    let passed = true
    for (const { name, folder } of publishedIn('packages')) {
      const { status, stdout, stderr } = readProgram(checkCommand(checker, pack(folder, join(temp, folder))))
      console.log(`${checker}: ${name} ${status === 0 ? 'ok' : 'FAILED'}`)
      if (status === 0) continue
      console.log(stdout, stderr)
      passed = false
    }
    return passed
  })
})

/** Packs the package of a folder, and returns the tarball. */
function pack(folder: string, destination: string): string {
  execFileSync('pnpm', ['pack', '--pack-destination', destination], {
    cwd: folder,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [tarball = ''] = readdirSync(destination)
  return join(destination, tarball)
}
