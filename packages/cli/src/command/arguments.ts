import { parseArgs } from 'node:util'
import { wrongUsage } from './command-error.ts'
import { type Option, optionsOf, type Subcommand } from './option-table.ts'

/** The arguments after the subcommand: options, and then a command with its own arguments. */
export class Arguments {
  readonly subcommand: Subcommand
  /** The program and its arguments. Empty if none was given. */
  readonly command: readonly string[]
  readonly #given: ReadonlyMap<string, readonly string[]>

  /**
   * The command begins after `--`, or at the first word that is not an option. Its own options are never read as
   * options of idle-shutdown.
   *
   * @throws CommandError for an unknown option, a missing value, or an extra value
   */
  constructor(subcommand: Subcommand, args: readonly string[]) {
    this.subcommand = subcommand
    const options = optionsOf(subcommand)
    const { tokens } = parseArgs({
      args: [...args],
      options: Object.fromEntries(options.map((option) => [option.name, parsing(option)])),
      // Node's own messages are for programmers. Those of check() are for users.
      strict: false,
      allowPositionals: true,
      tokens: true,
    })
    const end = tokens.find(({ kind }) => kind !== 'option')
    this.command = end === undefined ? [] : args.slice(end.kind === 'option-terminator' ? end.index + 1 : end.index)
    const given = new Map<string, string[]>()
    for (const token of tokens) {
      if (token.kind !== 'option') break
      const option = options.find(({ name }) => name === token.name)
      check(subcommand, option, token.rawName, token.value, token.inlineValue)
      given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? ''])
    }
    for (const { name, multiple } of options) {
      if (!multiple && (given.get(name)?.length ?? 0) > 1) {
        throw wrongUsage(`"--${name}" must be given once. Remove the other ones`)
      }
    }
    this.#given = given
  }

  has(name: string): boolean {
    return this.#given.has(name)
  }

  /** Returns the value of an option that may be given once, or `undefined` if it was not given. */
  one(name: string): string | undefined {
    return this.#given.get(name)?.[0]
  }

  /** Returns the values of an option that may be given several times. */
  all(name: string): readonly string[] {
    return this.#given.get(name) ?? []
  }
}

function parsing({ value, short }: Option): { type: 'string' | 'boolean'; multiple: true; short?: string } {
  return { type: value === undefined ? 'boolean' : 'string', multiple: true, ...(short && { short }) }
}

function check(
  subcommand: Subcommand,
  option: Option | undefined,
  rawName: string,
  value: string | undefined,
  inline: boolean | undefined,
): void {
  if (option === undefined) throw wrongUsage(`unknown option ${rawName}. See idle-shutdown ${subcommand} --help`)
  if (option.value === undefined) {
    if (value !== undefined) throw wrongUsage(`"${rawName}" must be given without a value. Received '${value}'`)
    return
  }
  // An option that follows was read as the value.
  if (value === undefined || value === '' || (!inline && value.startsWith('-'))) {
    throw wrongUsage(`"${rawName}" must have a value. Write ${rawName} ${option.value}`)
  }
}
