import { argumentError, readArguments } from '../../command/read-arguments.ts'

/** The versions of Node to run on, and the arguments of vitest. */
export interface Runs {
  readonly majors: readonly string[]
  readonly vitest: readonly string[]
}

const USAGE = 'pnpm test:nodes [--others] [--part | --core] [MAJOR …] [-- ARGUMENTS OF VITEST]'

/** The projects that depend most on Node. */
const PART = ['core', 'conformance', 'express', 'fastify', 'koa', 'activation']

/** Parts of the names of the test files that depend most on Node, for a run of a minute. */
export const CORE_FILES: readonly string[] = [
  'core-http',
  'core-drain',
  'core-announcement',
  'node-internals',
  'lingering-close',
  'hot-path',
  'event-loop',
]

const CORE = ['--project', 'core', '--project', 'conformance', ...CORE_FILES]

/**
 * Reads the arguments of `pnpm test:nodes`. Arguments after `--` are for vitest.
 *
 * @throws InputError `TOOLS_ARGUMENT` for an argument that is neither an option nor a major
 */
export function chooseRuns(args: readonly string[], supported: readonly string[], current: string): Runs {
  const end = args.indexOf('--')
  const { values, positionals: named } = readArguments(USAGE, end < 0 ? args : args.slice(0, end), {
    allowPositionals: true,
    options: {
      others: { type: 'boolean', default: false },
      part: { type: 'boolean', default: false },
      core: { type: 'boolean', default: false },
    },
  })
  const unknown = named.filter((major) => !/^\d+$/.test(major))
  if (unknown.length > 0) throw argumentError(USAGE, `A major must be a number. Received '${unknown.join(' ')}'`)
  const majors = (named.length > 0 ? named : supported).filter((major) => !values.others || major !== current)
  if (values.part && values.core) throw argumentError(USAGE, 'Only one of --part and --core is accepted. Received both')
  const part = values.part ? PART.flatMap((project) => ['--project', project]) : values.core ? CORE : []
  return { majors, vitest: [...part, ...(end < 0 ? [] : args.slice(end + 1))] }
}
