// Writes docs/cli.md and the table in packages/cli/README.md from the option table of the command. A test of
// packages/cli fails if they differ from it.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { manual, optionRows } from '../packages/cli/dist/command/manual.js'

const README = 'packages/cli/README.md'
const [begin, end] = ['<!-- options -->', '<!-- /options -->']

const readme = readFileSync(README, 'utf8')
const head = ['| option | of |  | default |', '| --- | --- | --- | --- |']
const table = [begin, '', ...head, ...optionRows(), '', end].join('\n')
if (!readme.includes(begin)) throw new Error(`${README} has no ${begin}`)
writeFileSync(README, formatted(README, `${readme.split(begin)[0]}${table}${readme.split(end)[1]}`))
writeFileSync('docs/cli.md', formatted('docs/cli.md', manual()))

/** Formats a text as `pnpm lint` requires. */
function formatted(/** @type {string} */ file, /** @type {string} */ text) {
  const shell = process.platform === 'win32'
  const biome = spawnSync('biome', ['format', `--stdin-file-path=${file}`], { input: text, encoding: 'utf8', shell })
  if (biome.status !== 0) throw new Error(`biome: ${biome.error?.message ?? biome.stderr}`)
  return biome.stdout
}
