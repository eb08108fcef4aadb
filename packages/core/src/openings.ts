/** A renewal of the deadline that can be taken back. */
export interface Opening {
  /** The deadline that the renewal set. */
  readonly deadline: number
}

/** The renewals that can be taken back, in any order, since the last renewal that cannot. */
export class Openings {
  /** The deadline if all renewals are taken back. */
  #lasting = 0
  /** Oldest first. */
  readonly #open = new Set<Opening>()

  /** Adds a renewal that moved the deadline from `before` to `deadline`. */
  add(before: number, deadline: number): Opening {
    if (this.#open.size === 0) this.#lasting = before
    const opening = { deadline }
    this.#open.add(opening)
    return opening
  }

  /**
   * Takes back a renewal. Returns the deadline from now on, or undefined if the deadline has been renewed for good
   * since.
   */
  takeBack(opening: Opening): number | undefined {
    if (!this.#open.delete(opening)) return undefined
    return [...this.#open].at(-1)?.deadline ?? this.#lasting
  }

  /** Makes a renewal last. Earlier renewals no longer count. */
  keep(opening: Opening): void {
    if (!this.#open.has(opening)) return
    this.#lasting = opening.deadline
    for (const earlier of this.#open) {
      this.#open.delete(earlier)
      if (earlier === opening) return
    }
  }

  /** Drops all renewals. Called when the deadline is renewed for good. */
  clear(): void {
    if (this.#open.size > 0) this.#open.clear()
  }
}
