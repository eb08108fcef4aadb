// Installs the larger companions, whose tests are skipped where they are not: e2e/on-demand/package.json names them. No dependencies
// of the workspace, as every fresh clone would wait for them.
import { readFileSync } from 'node:fs'
import { installedIn } from './on-demand.mjs'

const FOLDER = 'e2e/on-demand'
const { dependencies } = JSON.parse(readFileSync(`${FOLDER}/package.json`, 'utf8'))
installedIn(FOLDER, JSON.stringify(dependencies), [])
console.log(`${FOLDER}: ${Object.keys(dependencies).length} packages`)
