/** A renewal of the deadline that may yet turn out to have been no activity. */
export interface Opening {
  /** The deadline that it set. */
  readonly deadline: number
}

/** The renewals that may be taken back, in any order, since the last one that may not. */
export class Openings {
  /** The deadline that stands when all of them are taken back. */
  #lasting = 0
  /** Oldest first. */
  readonly #open = new Set<Opening>()

  /** The deadline was moved from `before` to `deadline`. */
  add(before: number, deadline: number): Opening {
    if (this.#open.size === 0) this.#lasting = before
    const opening = { deadline }
    this.#open.add(opening)
    return opening
  }

  /** It was no activity. Gives the deadline that stands now; undefined where it has been renewed for good since. */
  takeBack(opening: Opening): number | undefined {
    if (!this.#open.delete(opening)) return undefined
    return [...this.#open].at(-1)?.deadline ?? this.#lasting
  }

  /** It was an activity, and so those before it count no longer. */
  keep(opening: Opening): void {
    if (!this.#open.has(opening)) return
    this.#lasting = opening.deadline
    for (const earlier of this.#open) {
      this.#open.delete(earlier)
      if (earlier === opening) return
    }
  }

  /** The deadline was renewed for good. */
  clear(): void {
    if (this.#open.size > 0) this.#open.clear()
  }
}
