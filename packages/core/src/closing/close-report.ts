/** The result of a drain. */
export interface CloseReport {
  /** The reason of the idle signal. */
  readonly reason: unknown
  /** The milliseconds from the decision to the end of the last socket. The callbacks of `beforeEnd()` are left out. */
  readonly duration: number
  /**
   * The number of requests and streams that were answered to the end: in progress at the decision, or arrived during
   * the drain.
   */
  readonly drained: number
  /** The number of sockets that were destroyed when grace ended. An HTTP/2 session counts as one. */
  readonly destroyed: number
  /** The number of holds that had not ended when grace did. */
  readonly abandoned: number
}
