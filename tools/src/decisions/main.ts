// Writes decisions/README.md from the records. With --check, fails if the page would change.
import { readdirSync, readFileSync } from 'node:fs'
import { readArguments } from '../command/read-arguments.ts'
import { runCommand } from '../command/run-command.ts'
import { settlePages } from '../pages/settle-pages.ts'
import { decisionIndex } from './decision-index.ts'

const FOLDER = 'decisions'
const INDEX = `${FOLDER}/README.md`

await runCommand('decisions', (args) => {
  const { values } = readArguments('pnpm decisions [--check]', args, {
    options: { check: { type: 'boolean', default: false } },
  })
  const files = readdirSync(FOLDER).filter((file) => /^\d.*\.md$/.test(file))
  const text = decisionIndex(new Map(files.map((file) => [file, readFileSync(`${FOLDER}/${file}`, 'utf8')])))
  const page = { file: INDEX, text }
  const problems = settlePages([page], values.check ? 'check' : 'write', 'the decisions', 'pnpm decisions')
  for (const problem of problems) console.error(problem)
  if (problems.length === 0) console.log(`${INDEX}: ${files.length} decisions`)
  return problems.length === 0
})
