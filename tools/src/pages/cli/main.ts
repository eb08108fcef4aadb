// Writes docs/cli.md and the table in packages/cli/README.md from the option table of the command. A test of
// packages/cli fails if they differ from it.
import { manual, optionRows } from '../../../../packages/cli/dist/command/manual.js'
import { readArguments } from '../../command/read-arguments.ts'
import { runCommand } from '../../command/run-command.ts'
import { formatPage } from '../format-page.ts'
import { readPage, settlePages } from '../settle-pages.ts'
import { withOptionTable } from './option-table.ts'

const [PAGE, README] = ['docs/cli.md', 'packages/cli/README.md']

await runCommand('cli-page', (args) => {
  readArguments('pnpm cli-page', args, {})
  const texts = [
    { file: README, text: withOptionTable(readPage(README), README, optionRows()) },
    { file: PAGE, text: manual() },
  ]
  const pages = texts.map(({ file, text }) => ({ file, text: formatPage(file, text) }))
  settlePages(pages, 'write', 'the option table', 'pnpm cli-page')
  return true
})
