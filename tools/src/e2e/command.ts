import { argumentError, readArguments } from '../command/read-arguments.ts'

/** A run of vitest: its arguments, and what it adds to the environment. */
export interface Command {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** The accepted arguments of each slow suite, for errors. */
const USAGES = {
  supervisors: 'npx -y pnpm@12 e2e:activation [--length short|full] [--only TEXT]…',
  apps: 'npx -y pnpm@12 e2e:apps [PROGRAM…]',
  consumers: 'npx -y pnpm@12 test:consumers [--report FILE] [PART…]',
} as const

/** Reads the arguments after the name of each slow suite. */
const SUITES: Readonly<Record<keyof typeof USAGES, (args: readonly string[]) => Command>> = {
  supervisors,
  apps,
  consumers,
}

/**
 * Returns the run of a slow suite.
 *
 * @throws InputError `TOOLS_ARGUMENT` for an unknown suite, or for arguments that it does not accept
 */
export function readCommand([suite = '', ...args]: readonly string[]): Command {
  if (!isSuite(suite))
    throw argumentError(
      Object.values(USAGES).join(', '),
      `The suite must be supervisors, apps or consumers. Received '${suite}'`,
    )
  const read = SUITES[suite](args)
  return { ...read, args: ['run', '--config', 'e2e/vitest.config.ts', '--project', suite, ...read.args] }
}

function isSuite(name: string): name is keyof typeof USAGES {
  return Object.hasOwn(USAGES, name)
}

function supervisors(args: readonly string[]): Command {
  const options = { length: { type: 'string' }, only: { type: 'string', multiple: true } } as const
  const { length = 'short', only = [] } = readArguments(USAGES.supervisors, args, { options }).values
  if (length !== 'short' && length !== 'full')
    throw argumentError(USAGES.supervisors, `--length must be short or full. Received '${length}'`)
  return {
    // vitest takes one regular expression.
    args: only.length === 0 ? [] : ['-t', only.map(escaped).join('|')],
    // `short` is what `.ci/run` has time for. `full` is 10,000 requests under systemd, and 10,000 on kept connections.
    env: { IDLE_LENGTH: length },
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function apps(args: readonly string[]): Command {
  const { positionals } = readArguments(USAGES.apps, args, { allowPositionals: true })
  return { args: [], env: positionals.length === 0 ? {} : { IDLE_APPS: positionals.join(' ') } }
}

/** Passes all arguments but `--report FILE` on to vitest. */
function consumers(args: readonly string[]): Command {
  const rest = [...args]
  const at = rest.indexOf('--report')
  const [, report] = at < 0 ? [] : rest.splice(at, 2)
  if (at >= 0 && report === undefined) throw argumentError(USAGES.consumers, '--report needs a file. Received none')
  return { args: rest, env: report === undefined ? {} : { IDLE_TEST_REPORT: report } }
}
