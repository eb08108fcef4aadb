import { readFileSync } from 'node:fs'
import { printable } from '@idle-shutdown/core/tracker'
import { Arguments } from './arguments.ts'
import { CommandError, wrongUsage } from './command-error.ts'
import { generalHelp, helpOf } from './help.ts'
import { SUBCOMMANDS, type Subcommand } from './option-table.ts'

// Loaded on use, because `run` would keep code that it does not need in memory as long as it runs.
const COMMANDS: Readonly<Record<Subcommand, (args: Arguments) => Promise<void>>> = {
  run: async (args) => (await import('./run-command.ts')).runCommand(args),
  systemd: async (args) => (await import('./systemd-command.ts')).systemdCommand(args),
}

/** Executes a command line, and returns the exit code. Prints an error as one sentence to stderr. */
export async function commandLine(argv: readonly string[]): Promise<number> {
  try {
    await obey(argv)
    return 0
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    console.error(`idle-shutdown: ${printable(error.message)}`)
    return error.exitCode
  }
}

async function obey([word, ...rest]: readonly string[]): Promise<void> {
  if (word === '--help' || word === '-h' || word === 'help') {
    const about = SUBCOMMANDS.find(({ name }) => name === rest[0])
    return print(about === undefined ? generalHelp() : helpOf(about.name))
  }
  if (word === '--version' || word === '-v') return print(`${version()}\n`)
  const subcommand = SUBCOMMANDS.find(({ name }) => name === word)?.name
  if (subcommand === undefined) {
    const names = SUBCOMMANDS.map(({ name }) => name).join(' or ')
    const given = word === undefined ? 'nothing' : `'${word}'`
    throw wrongUsage(`the subcommand must be ${names}. Received ${given}. See idle-shutdown --help`)
  }
  const args = new Arguments(subcommand, rest)
  if (args.has('help')) return print(helpOf(subcommand))
  if (args.has('version')) return print(`${version()}\n`)
  await COMMANDS[subcommand](args)
}

function print(text: string): void {
  process.stdout.write(text)
}

function version(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return version
}
