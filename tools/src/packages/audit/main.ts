// Asks the registry for known vulnerabilities of all packages in the lockfile, as `pnpm audit` does. Fails if there is
// one. Some mirrors do not support audits: this command then prints that it checked nothing.
import { readProgram } from '../../command/program.ts'
import { readArguments } from '../../command/read-arguments.ts'
import { runCommand } from '../../command/run-command.ts'
import { judgeAudit } from './audit-verdict.ts'

await runCommand('audit', (args) => {
  readArguments('pnpm audit:dependencies', args, {})
  const { status, stdout, stderr } = readProgram({ command: 'pnpm', args: ['audit'] })
  const { passed, text } = judgeAudit(status, `${stdout}${stderr}`)
  console.log(text)
  return passed
})
