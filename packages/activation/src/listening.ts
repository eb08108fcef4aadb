import type { InheritedSocket } from './inherited-socket.ts'

/** What a server serves. */
export interface Listening extends AsyncDisposable {
  /**
   * `listening`: inherited sockets. `connection`: one that somebody else accepted; the process ends when it closes.
   * `fallback`: nothing was inherited, and the server listens by itself.
   */
  readonly kind: 'listening' | 'connection' | 'fallback'
  /** The inherited sockets that it serves. */
  readonly sockets: readonly InheritedSocket[]
  /** Where it can be reached, for people and logs: `127.0.0.1:3000`, `[::]:3000`, `/run/web.sock`. */
  readonly addresses: readonly string[]
  /** Closes the server, and resolves when every connection has ended. Unlinks no inherited unix socket. */
  close(): Promise<void>
}
