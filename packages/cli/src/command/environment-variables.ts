import { wrongUsage } from './command-error.ts'

/**
 * Reads the values of `--env`. A later one wins.
 *
 * @throws CommandError if one is not NAME=VALUE
 */
export function environmentVariables(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((text) => {
      const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? []
      if (name === undefined || value === undefined) throw wrongUsage(`"--env" must be NAME=VALUE. Received '${text}'`)
      return [name, value]
    }),
  )
}
