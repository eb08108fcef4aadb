/** What a benchmark tells its clients to do, with the server that listens on a port. There may be more than one. */
export type Order = { readonly port: number } & (
  | { readonly kind: 'open'; readonly protocol: Protocol; readonly connections: number }
  /** So many requests in all, one at a time on each connection. */
  | { readonly kind: 'ask'; readonly requests: number }
  /** One request on each of so many connections, which the server answers when it is told to stop. */
  | { readonly kind: 'hold'; readonly requests: number }
  | { readonly kind: 'end' }
)

export type Protocol = 'http' | 'https' | 'h2c'
