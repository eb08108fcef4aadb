import process from 'node:process'
import { SUPERVISOR_VARIABLE, type SupervisorInfo } from '../protocol/supervisor-info.ts'
import type { CommandOptions } from './command/command.ts'
import type { RunOptions } from './run-options.ts'

/** The preload, as an argument of `--import`. */
const REGISTER = new URL(import.meta.resolve('../register/index.js')).href

/** Returns the options of a command whose program has been found. */
export function commandOptions(
  options: RunOptions,
  { program, cwd }: { readonly program: string; readonly cwd: string },
  held: SupervisorInfo,
): CommandOptions {
  const { command, stdout = 'inherit' } = options
  return { program, args: command.slice(1), env: environment(options, held), cwd, stdout }
}

/**
 * Returns the environment of the command: that of this process, with the preload in NODE_OPTIONS. PORT is the first
 * port that is held, because many programs listen on the port that PORT names.
 */
function environment(options: RunOptions, held: SupervisorInfo): NodeJS.ProcessEnv {
  const { env, idle, proxy } = options
  const first = held.addresses.find((address) => 'port' in address)
  const port = proxy ?? (first !== undefined && 'port' in first ? first.port : undefined)
  const own: NodeJS.ProcessEnv = { ...process.env, ...(port !== undefined && { PORT: String(port) }), ...env }
  // A variable of a supervisor above this one is removed.
  if (proxy !== undefined) return { ...own, [SUPERVISOR_VARIABLE]: undefined }
  const { NODE_OPTIONS } = own
  return {
    // The command may not know that it has to end. Its output must not mix with that of this package.
    IDLE_EXIT: 'force',
    IDLE_LOG: 'off',
    ...own,
    ...idle,
    NODE_OPTIONS: [NODE_OPTIONS, `--import ${REGISTER}`].filter(Boolean).join(' '),
    [SUPERVISOR_VARIABLE]: JSON.stringify(held),
  }
}
