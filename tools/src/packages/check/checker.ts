import type { CommandLine } from '../../command/program.ts'
import { argumentError, readArguments } from '../../command/read-arguments.ts'

/** A program that checks a tarball. */
export type Checker = 'publint' | 'attw'

const USAGE = 'node tools/dist/packages/check/main.js publint|attw'

/**
 * Reads the name of the program from the arguments.
 *
 * @throws InputError `TOOLS_ARGUMENT` for another name, or more than one
 */
export function chooseChecker(args: readonly string[]): Checker {
  const { positionals } = readArguments(USAGE, args, { allowPositionals: true })
  const [name, ...more] = positionals
  if ((name === 'publint' || name === 'attw') && more.length === 0) return name
  throw argumentError(USAGE, `One argument is needed, publint or attw. Received '${positionals.join(' ')}'`)
}

/** Returns the command that checks a tarball. */
export function checkCommand(checker: Checker, tarball: string): CommandLine {
  if (checker === 'publint') return { command: 'publint', args: ['run', tarball, '--strict'] }
  // Every supported Node can `require()` an ES module, and so can TypeScript from 5.8 under nodenext. So this rule is
  // ignored.
  const ignored = ['--ignore-rules', 'cjs-resolves-to-esm']
  return { command: 'attw', args: [tarball, '--profile', 'node16', ...ignored, '--format', 'table-flipped'] }
}
