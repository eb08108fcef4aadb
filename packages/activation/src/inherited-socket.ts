import { inheritance } from './inheritance.ts'

/** A stream socket that another process opened and passed to this one. */
export interface InheritedSocket {
  /** Its number: from 3 on in the order of the systemd units, 0 under inetd. */
  readonly fd: number
  /** `FileDescriptorName=` of the unit, by default the unit's own name (`web.socket`); `inetd` under inetd; else `unknown`. */
  readonly name: string
  /** `listening`: accepts connections. `connection`: somebody else accepted it (`Accept=yes`, inetd's `nowait`). */
  readonly kind: 'listening' | 'connection'
}

/**
 * The stream sockets that were passed to this process: those of LISTEN_FDS, or the one that inetd passes as standard input.
 * Opens and closes none of them.
 *
 * The environment is read once. LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES are removed from it, so that child processes do
 * not take the sockets for theirs; later calls give the same list.
 *
 * Does not list what is no stream socket: {@link listen} refuses that.
 *
 * @throws IdleUsageError `ERR_IDLE_FOREIGN_SOCKETS`, `ERR_IDLE_INVALID_LISTEN_FDS`; the same at each call
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 */
export function inheritedSockets(): readonly InheritedSocket[] {
  return inheritance().sockets
}
