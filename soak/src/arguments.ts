import { parseArgs } from 'node:util'
import { parse } from '@lukeed/ms'

/** The arguments of the soak. */
export interface Arguments {
  /** The approximate total length in milliseconds. */
  readonly length: number
  /** The seed of all random numbers. */
  readonly seed: number
  /** The least number of malformed inputs, over all subjects. */
  readonly inputs: number
  /** The names of the subjects. */
  readonly subjects: readonly string[]
  readonly help: boolean
}

/** An error in the arguments. The message is one sentence for the user. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** The text of `--help`. */
export const USAGE = `npx -y pnpm@12 soak [--length 1m] [--inputs 100000] [--seed N] [--subject NAME]...

  --length    the approximate length of the whole soak
  --inputs    the least number of malformed inputs
  --seed      the seed of all random numbers. The same seed sends the same requests, but not at the same times
  --subject   one subject, such as http, https, h2c, h2 or "Express 4". Repeat the option for several`

const OPTIONS = 'The options are --length, --inputs, --seed and --subject'
const SHORTEST = 1_000
const LONGEST = 86_400_000

/** @throws UsageError */
export function readArguments(args: readonly string[], known: readonly string[]): Arguments {
  const { length, seed, inputs, subject, help } = parsed(args)
  for (const name of subject) {
    if (!known.includes(name))
      throw new UsageError(
        `--subject must be one of ${known.map((name) => `'${name}'`).join(', ')}. Received '${name}'`,
      )
  }
  return {
    length: duration(length),
    seed: seed === undefined ? Math.floor(Math.random() * 1_000_000) : whole('--seed', seed),
    inputs: whole('--inputs', inputs),
    subjects: subject.length === 0 ? known : known.filter((name) => subject.includes(name)),
    help,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        length: { type: 'string', default: '1m' },
        seed: { type: 'string' },
        inputs: { type: 'string', default: '100000' },
        subject: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    // Node's message goes on with an explanation. Its first sentence is enough.
    const [sentence] = String(error instanceof Error ? error.message : error).split(/[.\n]/)
    throw new UsageError(`${sentence}. ${OPTIONS}`)
  }
}

function whole(option: string, value: string): number {
  if (!/^\d{1,12}$/.test(value)) throw new UsageError(`${option} must be a whole number from 0. Received '${value}'`)
  return Number(value)
}

function duration(value: string): number {
  const ms = /^\d+$/.test(value) ? Number(value) : parse(value)
  if (ms === undefined || !(ms >= SHORTEST && ms <= LONGEST)) {
    throw new UsageError(`--length must be a duration from 1s to 1d, such as 30s or 1m. Received '${value}'`)
  }
  return ms
}
