import { parseArgs } from 'node:util'
import { parse } from '@lukeed/ms'

/** The arguments of the demo. Durations are in milliseconds. */
export interface Arguments {
  /** The time that each server waits without activity. */
  readonly patience: number
  /** The duration of the traffic before the silence. */
  readonly length: number
  readonly help: boolean
}

/** An error in the arguments. The message is one sentence for the user. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** The text of `--help`. */
export const USAGE = `npx -y pnpm@12 demo [--patience 3s] [--length 4s]

  --patience   the time without activity after which a server counts as idle
  --length     the duration of the traffic before the silence`

const SHORTEST = 100
const LONGEST = 3_600_000

/** @throws UsageError */
export function readArguments(args: readonly string[]): Arguments {
  const { patience, length, help } = parsed(args)
  return { patience: duration('--patience', patience), length: duration('--length', length), help }
}

function parsed(args: readonly string[]): { patience: string; length: string; help: boolean } {
  try {
    return parseArgs({
      args: [...args],
      options: {
        patience: { type: 'string', default: '3s' },
        length: { type: 'string', default: '4s' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    // Node's message goes on with an explanation. Its first sentence is enough.
    const [sentence] = String(error instanceof Error ? error.message : error).split(/[.\n]/)
    throw new UsageError(`${sentence}. The options are --patience and --length`)
  }
}

function duration(option: string, value: string): number {
  const ms = /^\d+$/.test(value) ? Number(value) : parse(value)
  if (ms === undefined || !(ms >= SHORTEST && ms <= LONGEST)) {
    throw new UsageError(`${option} must be a duration from 100ms to 1h, such as 500ms or 3s. Received '${value}'`)
  }
  return ms
}
