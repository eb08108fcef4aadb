// Installs the larger companions of e2e/on-demand/package.json. As root on Debian, unpacks the servers that some of them
// connect to into e2e/on-demand/.debian, unless they are installed. Tests of missing ones are skipped. They are not
// dependencies of the workspace, since every fresh clone would wait for them.
import { resolve } from 'node:path'
import { readJson } from '../../command/json-value.ts'
import { readArguments } from '../../command/read-arguments.ts'
import { runCommand } from '../../command/run-command.ts'
import { apt, thisMachine, unpackWithDependencies } from '../debian.ts'
import { installIn } from '../install.ts'
import { missingServers } from './missing-servers.ts'

const FOLDER = 'e2e/on-demand'
const UNPACKED = resolve(FOLDER, '.debian')

await runCommand('companions', (args) => {
  readArguments('pnpm companions', args, {})
  const dependencies = readJson(`${FOLDER}/package.json`)
    .get('dependencies')
    .entries()
    .map(([name, version]) => [name, version.text()] as const)
  installIn({ folder: FOLDER, stamp: JSON.stringify(Object.fromEntries(dependencies)), packages: [] })
  console.log(`${FOLDER}: ${dependencies.length} packages`)
  const missing = missingServers(thisMachine(), UNPACKED)
  if (missing === undefined) console.log('not root on Debian, so no server is unpacked')
  else if (missing.length > 0) {
    apt(['update', '-qq'])
    unpackWithDependencies(UNPACKED, missing)
    console.log(`unpacked: ${missing.join(', ')}`)
  }
  return true
})
