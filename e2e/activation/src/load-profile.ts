import { parseArgs } from 'node:util'

/** The load of a run: its numbers of requests and starts. */
export interface LoadProfile {
  /** For each framework under systemd. */
  readonly systemd: { readonly requests: number; readonly starts: number }
  /** For each framework under every other supervisor. */
  readonly others: { readonly requests: number; readonly starts: number }
  /** For each framework if every connection has its own server. */
  readonly each: number
  /** For each client that keeps its connections. */
  readonly kept: number
  /** For curl, which keeps its connection. */
  readonly curl: number
  /** For each client that keeps its connections, with a server that closes them long before it ends. */
  readonly above: number
}

const PROFILES: Readonly<Record<string, LoadProfile>> = {
  // The load that .ci/run has time for.
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

/** The text of `--help`. */
export const USAGE: string = `npx -y pnpm@12 e2e:activation [--length ${Object.keys(PROFILES).join('|')}] [--only TEXT]

  --length   the load: short is what .ci/run has time for, full is 10,000 requests under systemd, and 10,000 on kept connections
  --only     only the scenarios with this text in their name`

/** Returns the arguments of the command, or `undefined` if they are invalid. */
export function readArguments(args: readonly string[]): { profile: LoadProfile; only: string } | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { length: { type: 'string', default: 'short' }, only: { type: 'string', default: '' } },
    })
    const profile = PROFILES[values.length]
    return profile && { profile, only: values.only }
  } catch {
    return undefined
  }
}
