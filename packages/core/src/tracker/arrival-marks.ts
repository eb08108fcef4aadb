/**
 * The most time (ms) between the mark and the deadline, and between two looks at a request head that has begun to
 * arrive.
 */
const HEAD_PATIENCE = 1000

/** The questions of a countdown to the watched servers. None of them is asked while traffic flows. */
export interface ActivityProbe {
  /** Returns a number that changes whenever a connection or bytes arrive. */
  arrivals(): number
  /** Remembers how many bytes have been read on each connection. */
  mark(): void
  /** Reports whether bytes have arrived since the mark that are not a complete request head yet. */
  headBegun(): boolean
  /** Reports whether bytes have moved on upgraded sockets since the last call. */
  trafficMoved(): boolean
}

/** The marks on the connections of the watched servers, which show a request head that has begun to arrive. */
export class ArrivalMarks {
  /** Undefined if no server is watched. Then there is nothing to mark. */
  probe: ActivityProbe | undefined
  readonly #patience: number
  /** The time of the next look at a request head that has begun to arrive, even if activities end meanwhile. */
  #lookAgainAt = -Infinity
  /**
   * The deadline of the last mark. A timer may fire up to 1 ms early, and a second mark would hide bytes that arrived
   * after the first.
   */
  #markedFor: number | undefined

  constructor(patience: number) {
    this.#patience = patience
  }

  /** Returns the time at which to set a mark for a deadline, or, after a head began, to look again. */
  before(deadline: number): number {
    const lead = this.probe === undefined ? 0 : Math.min(this.#patience / 2, HEAD_PATIENCE)
    return Math.max(deadline - lead, this.#lookAgainAt)
  }

  /** Sets one mark for a deadline. */
  set(deadline: number): void {
    if (this.#markedFor !== deadline) this.probe?.mark()
    this.#markedFor = deadline
  }

  /** Sets a new mark. Returns the time at which to look again. */
  renew(now: number): number {
    this.probe?.mark()
    this.#lookAgainAt = now + Math.min(this.#patience, HEAD_PATIENCE)
    return this.#lookAgainAt
  }
}
