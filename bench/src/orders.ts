/** An instruction for the clients of a benchmark about the server on a port. There may be several servers. */
export type Order = { readonly port: number } & (
  | { readonly kind: 'open'; readonly protocol: Protocol; readonly connections: number }
  /** Sends this many requests in total, one at a time on each connection. */
  | { readonly kind: 'ask'; readonly requests: number }
  /** Sends one request on each of this many connections. The server answers them when it is stopped. */
  | { readonly kind: 'hold'; readonly requests: number }
  | { readonly kind: 'end' }
)

export type Protocol = 'http' | 'https' | 'h2c'
