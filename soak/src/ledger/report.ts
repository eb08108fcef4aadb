import type { CloseReport } from '@idle-shutdown/core'
import type { Address } from '@idle-shutdown/testing'

/**
 * Returns milliseconds of the machine's monotonic clock, which all processes share. So times of two processes can be
 * compared.
 */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** A connection as its server saw it. Times are those of `now()`. */
export interface Acceptance {
  readonly port: number
  readonly at: number
  /**
   * The time at which the server was about to end the connection. More exactly, the start of the event loop turn before
   * the turn of the decision. The server must have seen everything that the kernel had received by then.
   */
  cut?: number
}

/** A server's report of one cycle: from listening until everything has closed. */
export interface CycleReport {
  readonly accepted: readonly Acceptance[]
  /** Like {@link Acceptance.cut}, for the listener. */
  readonly listenerDown: number
  /** The ids of the requests that reached the handler, in order. A request that arrived twice is listed twice. */
  readonly handled: readonly number[]
  /** The counts of the tracker after everything has closed. */
  readonly left: { readonly active: number; readonly ignored: number; readonly reasons: readonly string[] }
  readonly figures: Pick<CloseReport, 'duration' | 'drained' | 'destroyed' | 'abandoned'>
  /** The tracker's explanation shortly before the grace ends, if the drain takes that long. */
  readonly beforeGrace: string
  /** The server ended for lack of use, and not through `close()`. */
  readonly idle: boolean
  /** Bytes of heap in use after a forced garbage collection. */
  readonly heap: number
}

/** The messages of a server's process to its parent. */
export type FromServer =
  | { readonly kind: 'listening'; readonly address: Address }
  | { readonly kind: 'closed'; readonly report: CycleReport }
  | { readonly kind: 'explanation'; readonly text: string }

/** The messages to a server's process: close now, end after this cycle, or explain what is counted. */
export type ToServer = 'close' | 'last' | 'explain'
