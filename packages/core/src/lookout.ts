/** The questions of a countdown to the watched servers. None of them is asked while traffic flows. */
export interface Lookout {
  /** Returns a number that changes whenever a connection or bytes arrive. */
  arrivals(): number
  /** Remembers how many bytes have been read on each connection. */
  mark(): void
  /** Reports whether bytes have arrived since the mark that are not a complete request head yet. */
  headBegun(): boolean
  /** Reports whether bytes have moved on upgraded sockets since the last call. */
  trafficMoved(): boolean
}
