/** One connection as its client saw it. Times are those of `now()`. */
export interface Contact {
  readonly openedAt: number
  /** The client's port, once it is connected. */
  port?: number
  connectedAt?: number
}
