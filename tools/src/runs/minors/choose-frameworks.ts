import { argumentError, readArguments } from '../../command/read-arguments.ts'
import type { Framework } from '../../matrix/declared.ts'

/**
 * Returns the frameworks that the arguments name, or all.
 *
 * @throws InputError `TOOLS_ARGUMENT` for another name
 */
export function chooseFrameworks(args: readonly string[], frameworks: readonly Framework[]): Framework[] {
  const names = frameworks.map((framework) => framework.package)
  const usage = `pnpm test:minors [${names.join('] [')}]`
  const { positionals } = readArguments(usage, args, { allowPositionals: true })
  const unknown = positionals.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw argumentError(usage, `The adapter must be one of ${names.join(', ')}. Received '${unknown}'`)
  return frameworks.filter(({ package: name }) => positionals.length === 0 || positionals.includes(name))
}
