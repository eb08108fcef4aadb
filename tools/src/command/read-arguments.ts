import { type ParseArgsConfig, parseArgs } from 'node:util'
import { InputError } from './input-error.ts'

/** The options and positional arguments that a command accepts. */
export type ArgumentsConfig = Pick<ParseArgsConfig, 'options' | 'allowPositionals'>

/**
 * Parses the arguments of a command.
 *
 * @param usage the accepted arguments, for the error
 * @throws InputError `TOOLS_ARGUMENT` for an unknown option, a missing value, or an argument that is not accepted
 */
export function readArguments<T extends ArgumentsConfig>(
  usage: string,
  args: readonly string[],
  config: T,
): ReturnType<typeof parseArgs<T & { args: string[] }>> {
  try {
    // pnpm passes the `--` on.
    return parseArgs({ ...config, args: args.filter((argument) => argument !== '--') })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // Node's next sentence explains `--`, which is dropped here.
    const [fault = ''] = error.message.split('. ')
    throw argumentError(usage, fault)
  }
}

/** Returns an error about an argument that names what is accepted. */
export function argumentError(usage: string, fault: string): InputError {
  return new InputError('TOOLS_ARGUMENT', `${fault.replace(/\.$/, '')}. Usage: ${usage}`)
}
