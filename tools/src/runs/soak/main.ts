// Runs the soak on each supported Node major but the current one, for which there is `pnpm soak`. Passes all arguments
// on. If the first is `supervised`, runs the soak of `idle-shutdown run` instead. Prints the output of each run, and
// fails if one of them failed.
import { runProgram } from '../../command/program.ts'
import { runCommand } from '../../command/run-command.ts'
import { currentMajor, MAJORS, nodeOf } from '../../nodes/nodes.ts'
import { soakArguments } from './soak-command.ts'

await runCommand('soak:nodes', (args) => {
  const others = MAJORS.filter((major) => major !== currentMajor)
  const failed = others.filter((major) => runProgram({ command: nodeOf(major), args: soakArguments(args) }) !== 0)
  return failed.length === 0
})
