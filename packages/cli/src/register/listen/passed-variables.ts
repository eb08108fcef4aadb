/** The variables by which systemd passes sockets. */
const NAMES: readonly string[] = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']

/** Reports whether systemd passed sockets, to this process or to one above it. */
export function hasPassedSockets(): boolean {
  return process.env['LISTEN_FDS'] !== undefined
}

/** Reports whether systemd passed sockets to this process. */
export function ownsPassedSockets(): boolean {
  return hasPassedSockets() && Number(process.env['LISTEN_PID']) === process.pid
}

/**
 * Stops children from inheriting the variables, which they might take for their own. A program that serves the sockets
 * itself can still read the variables, but they are not enumerable.
 */
export function hideFromChildren(): void {
  process.env = new Proxy(process.env, {
    ownKeys: (env) => Reflect.ownKeys(env).filter((name) => !NAMES.includes(String(name))),
    // Node's own object refuses a change that is made through another one (Node 20-26).
    set: (env, name, value) => Reflect.set(env, name, value),
  })
}

/** Calls `read`, which removes the variables from the environment, and restores them for the program's own code. */
export function withVariables<T>(read: () => T): T {
  const before = NAMES.map((name) => [name, process.env[name]] as const)
  try {
    return read()
  } finally {
    if (passedTo(before) === process.pid)
      for (const [name, value] of before) if (value !== undefined) process.env[name] = value
  }
}

function passedTo(variables: readonly (readonly [string, string | undefined])[]): number {
  return Number(variables.find(([name]) => name === 'LISTEN_PID')?.[1])
}
