import type { Protocol } from '../subjects/apps.ts'
import { Subprocess } from './subprocess.ts'

/** A command for the clients of a benchmark about the server on a port. There may be several servers. */
export type ClientCommand = { readonly port: number } & (
  | { readonly kind: 'open'; readonly protocol: Protocol; readonly connections: number }
  /** Sends this many requests in total, one at a time on each connection. */
  | { readonly kind: 'ask'; readonly requests: number }
  /** Sends one request on each of this many connections. The server answers them when it is stopped. */
  | { readonly kind: 'hold'; readonly requests: number }
  | { readonly kind: 'end' }
)

/** The clients in another process. They report the number of open connections, or of answered requests. */
export class ClientProcess extends Subprocess<ClientCommand, number> {
  constructor() {
    super('client.js', [])
  }
}
