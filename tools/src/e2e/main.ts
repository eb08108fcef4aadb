// Runs one of the slow suites of e2e/vitest.config.ts. Translates the arguments of its command for vitest.
import process from 'node:process'
import { runProgram } from '../command/program.ts'
import { runCommand } from '../command/run-command.ts'
import { readCommand } from './command.ts'

await runCommand('e2e', (args) => {
  const { args: vitest, env } = readCommand(args)
  return runProgram({ command: process.execPath, args: ['node_modules/vitest/vitest.mjs', ...vitest], env }) === 0
})
