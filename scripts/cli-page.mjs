// Writes docs/cli.md and the table in packages/cli/README.md from the option table of the command. A test of
// packages/cli fails if they differ from it.
import { readFileSync, writeFileSync } from 'node:fs'
import { manual, optionRows } from '../packages/cli/dist/command/manual.js'
import { formatPage } from './format-page.mjs'

const README = 'packages/cli/README.md'
const [begin, end] = ['<!-- options -->', '<!-- /options -->']

const readme = readFileSync(README, 'utf8')
const head = ['| option | of |  | default |', '| --- | --- | --- | --- |']
const table = [begin, '', ...head, ...optionRows(), '', end].join('\n')
if (!readme.includes(begin)) throw new Error(`${README} has no ${begin}`)
writeFileSync(README, formatPage(README, `${readme.split(begin)[0]}${table}${readme.split(end)[1]}`))
writeFileSync('docs/cli.md', formatPage('docs/cli.md', manual()))
