import type { InheritedSocket } from './inherited-socket.ts'

/** The sockets that a server serves. */
export interface Listening extends AsyncDisposable {
  /**
   * `listening`: inherited sockets. `connection`: a connection that the supervisor accepted; the process ends when it
   * closes. `fallback`: nothing was inherited, and the server listens itself.
   */
  readonly kind: 'listening' | 'connection' | 'fallback'
  /** The inherited sockets that it serves. */
  readonly sockets: readonly InheritedSocket[]
  /** Its addresses, for people and logs: `127.0.0.1:3000`, `[::]:3000`, `/run/web.sock`. */
  readonly addresses: readonly string[]
  /** Closes the server, and resolves when every connection has ended. Does not unlink inherited unix sockets. */
  close(): Promise<void>
}
