// Installs the larger companions of e2e/on-demand/package.json. Without them, their tests are skipped. They are not
// dependencies of the workspace, since every fresh clone would wait for them.
import { readJson } from '../../command/json-value.ts'
import { readArguments } from '../../command/read-arguments.ts'
import { runCommand } from '../../command/run-command.ts'
import { installIn } from '../install.ts'

const FOLDER = 'e2e/on-demand'

await runCommand('companions', (args) => {
  readArguments('pnpm companions', args, {})
  const dependencies = readJson(`${FOLDER}/package.json`)
    .get('dependencies')
    .entries()
    .map(([name, version]) => [name, version.text()] as const)
  installIn({ folder: FOLDER, stamp: JSON.stringify(Object.fromEntries(dependencies)), packages: [] })
  console.log(`${FOLDER}: ${dependencies.length} packages`)
  return true
})
