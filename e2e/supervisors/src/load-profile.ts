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

/**
 * Returns the load that IDLE_LENGTH names, or the short one.
 *
 * @throws if there is no such load
 */
export function readProfile(length: string = process.env['IDLE_LENGTH'] ?? 'short'): LoadProfile {
  const profile = PROFILES[length]
  if (profile === undefined)
    throw new Error(`IDLE_LENGTH must be ${Object.keys(PROFILES).join(' or ')}. Received ${length}`)
  return profile
}
