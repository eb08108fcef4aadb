// Installs the larger companions of e2e/on-demand/package.json. Without them, their tests are skipped. They are not
// dependencies of the workspace, since every fresh clone would wait for them.
import { readFileSync } from 'node:fs'
import { installIn } from './install.mjs'

const FOLDER = 'e2e/on-demand'
const { dependencies } = JSON.parse(readFileSync(`${FOLDER}/package.json`, 'utf8'))
installIn(FOLDER, JSON.stringify(dependencies), [])
console.log(`${FOLDER}: ${Object.keys(dependencies).length} packages`)
