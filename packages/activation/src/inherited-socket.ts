import { inheritance } from './inheritance.ts'

/** A stream socket that another process opened and passed to this one. */
export interface InheritedSocket {
  /** Its number: from 3 in the order of the systemd units, or 0 under inetd. */
  readonly fd: number
  /**
   * `FileDescriptorName=` of the unit, by default the unit's own name (`web.socket`). `inetd` under inetd, otherwise
   * `unknown`.
   */
  readonly name: string
  /**
   * `listening`: accepts connections. `connection`: the supervisor has accepted it (`Accept=yes`, inetd's `nowait`).
   */
  readonly kind: 'listening' | 'connection'
}

/**
 * Returns the stream sockets that were passed to this process: those of LISTEN_FDS, or the one that inetd passes as
 * standard input. Opens and closes none of them.
 *
 * Reads the environment once, and removes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, so that child processes do not
 * take the sockets for their own. Later calls return the same list.
 *
 * Leaves out everything that is not a stream socket: {@link listen} refuses it.
 *
 * @throws IdleUsageError `ERR_IDLE_FOREIGN_SOCKETS`, `ERR_IDLE_INVALID_LISTEN_FDS`; the same at each call
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 */
export function inheritedSockets(): readonly InheritedSocket[] {
  return inheritance().sockets
}
