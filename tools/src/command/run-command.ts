import process from 'node:process'
import { InputError } from './input-error.ts'

/**
 * Runs a command with the arguments of this process. The exit code is 0 if the command succeeded, 1 if what it checked
 * is wrong, and 2 if its input is wrong.
 *
 * @param name the name in messages, such as `edge-cases`
 * @param command returns whether it succeeded
 */
export async function runCommand(
  name: string,
  command: (args: readonly string[]) => boolean | Promise<boolean>,
): Promise<void> {
  try {
    if (!(await command(process.argv.slice(2)))) process.exitCode = 1
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    console.error(`${name}: ${error.message} [${error.code}]`)
    process.exitCode = 2
  }
}
