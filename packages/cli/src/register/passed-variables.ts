/** The variables by which systemd passes sockets. */
const NAMES: readonly string[] = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']

/** Reports whether systemd passed sockets, to this process or to one above it. */
export function arePassed(): boolean {
  return process.env['LISTEN_FDS'] !== undefined
}

/** Reports whether systemd passed sockets to this process. */
export function passedHere(): boolean {
  return arePassed() && Number(process.env['LISTEN_PID']) === process.pid
}

/**
 * From now on children do not inherit the variables, which they might take for theirs. A program that serves the sockets by code of
 * its own still finds them: they are not listed, but there.
 */
export function keepFromChildren(): void {
  process.env = new Proxy(process.env, {
    ownKeys: (env) => Reflect.ownKeys(env).filter((name) => !NAMES.includes(String(name))),
    // Node's own object refuses a change that is made through another one (20 to 26).
    set: (env, name, value) => Reflect.set(env, name, value),
  })
}

/** Calls `read`, which takes the variables out of the environment, and puts them back for the program's own code. */
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
