import type { CloseReport } from '@idle-shutdown/core'

/** A connection as its server saw it. Times are those of `now()`. */
export interface Acceptance {
  readonly port: number
  readonly at: number
  /**
   * When the server was about to end it: the beginning of a turn of its event loop before the one in which it decided so.
   * What had reached the machine by then is what the server must have seen.
   */
  cut?: number
}

/** What a server tells of one life: from listening until everything was closed. */
export interface LifeReport {
  readonly accepted: readonly Acceptance[]
  /** Like {@link Acceptance.cut}, of the listener. */
  readonly listenerDown: number
  /** The errands that reached the handler, in their order. One that came twice is in it twice. */
  readonly handled: readonly number[]
  /** What the tracker still counted when all was closed. */
  readonly left: { readonly active: number; readonly ignored: number; readonly reasons: readonly string[] }
  readonly figures: Pick<CloseReport, 'duration' | 'drained' | 'destroyed' | 'abandoned'>
  /** What the tracker counted when grace was about to cut what was left, if it came to that. */
  readonly beforeGrace: string
  /** Whether the end came from idleness, and not from `close()`. */
  readonly idle: boolean
  /** Bytes of heap in use after a forced garbage collection. */
  readonly heap: number
}
