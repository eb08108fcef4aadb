import process from 'node:process'
import { HELD, type Held } from '../protocol/messages.ts'
import type { RunOptions } from './run-options.ts'

/** The preload, as `--import` takes it. */
const REGISTER = new URL(import.meta.resolve('../register/index.js')).href

/**
 * What the command is started with: the environment of this process, with the preload in NODE_OPTIONS. PORT is the first port
 * that is held, since many programs listen there when they are told.
 */
export function environment(options: RunOptions, held: Held): NodeJS.ProcessEnv {
  const { env, idle, proxy } = options
  const first = held.addresses.find((address) => 'port' in address)
  const port = proxy ?? (first !== undefined && 'port' in first ? first.port : undefined)
  const own: NodeJS.ProcessEnv = { ...process.env, ...(port !== undefined && { PORT: String(port) }), ...env }
  // Of a supervisor above this one.
  if (proxy !== undefined) return { ...own, [HELD]: undefined }
  const { NODE_OPTIONS } = own
  return {
    // The command may not know that it is to end; what it prints is not ours to mix with.
    IDLE_EXIT: 'force',
    IDLE_LOG: 'off',
    ...own,
    ...idle,
    NODE_OPTIONS: [NODE_OPTIONS, `--import ${REGISTER}`].filter(Boolean).join(' '),
    [HELD]: JSON.stringify(held),
  }
}
