// Writes decisions/README.md from the records. With --check, fails if the page would change.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { decisionIndex } from './decision-index.ts'

const FOLDER = 'decisions'
const INDEX = `${FOLDER}/README.md`

const files = readdirSync(FOLDER).filter((file) => /^\d.*\.md$/.test(file))
const page = decisionIndex(new Map(files.map((file) => [file, readFileSync(`${FOLDER}/${file}`, 'utf8')])))
const before = readFileSync(INDEX, { encoding: 'utf8', flag: 'a+' })
if (page === before) {
  console.log(`${INDEX}: ${files.length} decisions`)
} else if (process.argv.includes('--check')) {
  console.error(`${INDEX} must list the decisions as they are. Run pnpm decisions`)
  process.exitCode = 1
} else {
  writeFileSync(INDEX, page)
}
