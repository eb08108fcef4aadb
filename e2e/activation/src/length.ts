import { parseArgs } from 'node:util'

/** How much a run asks. */
export interface Length {
  /** Of each framework, under systemd. */
  readonly systemd: { readonly requests: number; readonly starts: number }
  /** Of each framework, under every other supervisor. */
  readonly others: { readonly requests: number; readonly starts: number }
  /** Of each framework, where every connection has a server of its own. */
  readonly each: number
  /** Of each client that keeps its connections. */
  readonly kept: number
  /** Of curl, which keeps its connection. */
  readonly curl: number
  /** Of each client that keeps its connections, where the server closes them long before it ends. */
  readonly above: number
}

const LENGTHS: Readonly<Record<string, Length>> = {
  // What .ci/run has time for.
  short: {
    systemd: { requests: 100, starts: 5 },
    others: { requests: 40, starts: 3 },
    each: 3,
    kept: 100,
    curl: 50,
    above: 10,
  },
  full: {
    systemd: { requests: 2500, starts: 125 },
    others: { requests: 500, starts: 25 },
    each: 20,
    kept: 2350,
    curl: 600,
    above: 200,
  },
}

/** How the command is called. */
export const USAGE: string = `npx -y pnpm@12 e2e:activation [--length ${Object.keys(LENGTHS).join('|')}] [--only TEXT]

  --length   how much is asked: short is what .ci/run has time for, full is 10,000 requests under systemd, and 10,000 on kept connections
  --only     only those whose name has this text`

/** What the command was asked for; `undefined` when that is not understood. */
export function readArguments(args: readonly string[]): { length: Length; only: string } | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { length: { type: 'string', default: 'short' }, only: { type: 'string', default: '' } },
    })
    const length = LENGTHS[values.length]
    return length && { length, only: values.only }
  } catch {
    return undefined
  }
}
