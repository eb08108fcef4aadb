import { join } from 'node:path'

/** The environment variable {@link SUPERVISOR_VARIABLE} of each process that a supervisor starts, as JSON. */
export interface SupervisorInfo {
  /** The supervisor's process id. A process with this parent has an IPC channel to the supervisor. */
  readonly supervisor: number
  /**
   * The folder of the private sockets and of the marks of served addresses. Only the supervisor's user can enter the
   * folder.
   */
  readonly directory: string
  /** The path of the control socket, for processes that are not the supervisor's own children. */
  readonly control: string
  readonly addresses: readonly HeldAddress[]
}

/** An address as `server.address()` returns it. */
export type HeldAddress =
  | { readonly port: number; readonly address: string; readonly family: string }
  | { readonly path: string }

/** The name of the environment variable that carries {@link SupervisorInfo}. */
export const SUPERVISOR_VARIABLE = 'IDLE_SHUTDOWN_HELD'

/** Set on `globalThis` by a supervisor, whose own servers must not be watched if NODE_OPTIONS loads the preload. */
export const SUPERVISES: unique symbol = Symbol.for('idle-shutdown.supervises')

/** Returns what this process knows of its supervisor, or of the supervisor of a process above this one. */
export function supervisorInfo(): SupervisorInfo | undefined {
  const text = process.env[SUPERVISOR_VARIABLE]
  return text ? JSON.parse(text) : undefined
}

/**
 * Returns the file that exists while any process serves an address. Programs that check whether their port is free then
 * find it in use.
 */
export function claimMark({ directory }: SupervisorInfo, listen: number): string {
  return join(directory, `claimed-${listen}`)
}
