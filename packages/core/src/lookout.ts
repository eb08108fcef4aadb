/** What a countdown asks of those who watch servers. None of it is asked while traffic flows. */
export interface Lookout {
  /** A number that changes whenever a connection or bytes arrive. */
  arrivals(): number
  /** Remembers how far each connection has been read. */
  mark(): void
  /** Whether, since the mark, bytes came that are no request yet. */
  headBegun(): boolean
  /** Whether bytes moved on upgraded sockets since this was last asked. */
  trafficMoved(): boolean
}
