import { argumentError, readArguments } from '../command/read-arguments.ts'
import type { PageMode } from '../pages/settle-pages.ts'
import type { Runtimes } from './declared.ts'
import type { Runtime } from './outcomes.ts'

/** The parts that a run covers. */
export interface Choice {
  readonly runtimes: readonly Runtime[]
  readonly subjects: readonly string[]
  /** The frameworks whose first paste runs. */
  readonly pastes: readonly string[]
  /** Reports whether the run is about everything, so that a page can be made. */
  readonly whole: boolean
  readonly mode: PageMode
}

/**
 * Reads the arguments of `pnpm test:runtimes`.
 *
 * @throws InputError `TOOLS_ARGUMENT` for an unknown runtime or subject
 */
export function chooseRuntimes(args: readonly string[], { runtimes, subjects, pastes }: Runtimes): Choice {
  const names = runtimes.map(({ name }) => name.toLowerCase())
  const usage = `pnpm test:runtimes [--write | --check] [--subject=${subjects.join('|')}] [${names.join('] [')}]`
  const { values, positionals: named } = readArguments(usage, args, {
    allowPositionals: true,
    options: {
      write: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      subject: { type: 'string' },
    },
  })
  const { subject, write, check } = values
  const unknown = named.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw argumentError(usage, `The runtime must be one of ${names.join(', ')}. Received '${unknown}'`)
  if (subject !== undefined && !subjects.includes(subject))
    throw argumentError(usage, `"--subject" must be one of ${subjects.join(', ')}. Received '${subject}'`)
  if (write && check) throw argumentError(usage, '--write and --check exclude each other. Received both')
  return {
    runtimes: runtimes.filter(({ name }) => named.length === 0 || named.includes(name.toLowerCase())),
    subjects: subject === undefined ? subjects : [subject],
    pastes: subject === undefined ? pastes : [],
    whole: named.length === 0 && subject === undefined,
    mode: write ? 'write' : check ? 'check' : 'show',
  }
}
