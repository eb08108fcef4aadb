/** What a benchmark tells its clients to do. */
export type Order =
  | { readonly kind: 'open'; readonly protocol: Protocol; readonly port: number; readonly connections: number }
  /** So many requests in all, one at a time on each connection. */
  | { readonly kind: 'ask'; readonly requests: number }
  /** One request on each of so many connections, which the server answers when it is told to stop. */
  | { readonly kind: 'hold'; readonly requests: number }
  | { readonly kind: 'end' }

export type Protocol = 'http' | 'https' | 'h2c'

/** How many connections are open, or how many requests were answered to the end. */
export interface Answer {
  readonly answered: number
}
