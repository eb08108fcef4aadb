import type { Socket } from 'node:net'

/** A client's connection that no process has yet. */
export interface Waiting {
  readonly id: number
  /** The index of the address to which it came. */
  readonly listen: number
  readonly socket: Socket
  /** What was read of it already. */
  readonly head?: Buffer
  /** Whether a process gave it back. */
  readonly kept?: boolean
}
