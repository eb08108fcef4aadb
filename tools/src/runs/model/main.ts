// Runs the tracker and the watching against their reference model: `pnpm test:model`, 100,000 runs. If a run fails, the
// test prints the options that repeat it.
import { runProgram } from '../../command/program.ts'
import { runCommand } from '../../command/run-command.ts'
import { modelCommand } from './model-command.ts'

await runCommand('test:model', (args) => {
  const { title, ...command } = modelCommand(args, Date.now() % 2 ** 31)
  console.log(title)
  return runProgram(command) === 0
})
