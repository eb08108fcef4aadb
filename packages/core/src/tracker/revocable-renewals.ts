/** A renewal of the deadline, in monotonic milliseconds. */
export interface Renewal {
  /** The deadline that the renewal set. */
  readonly deadline: number
  /** The time of the renewal. */
  readonly at: number
}

/** The renewals that can be taken back, in any order, since the last renewal that cannot. */
export class RevocableRenewals {
  /** The renewal that applies if all others are taken back. */
  #lasting: Renewal | undefined
  /** Oldest first. */
  readonly #revocable = new Set<Renewal>()

  /** Adds a renewal that followed `before`. Returns the renewal. */
  add(before: Renewal, renewal: Renewal): Renewal {
    if (this.#revocable.size === 0) this.#lasting = before
    this.#revocable.add(renewal)
    return renewal
  }

  /**
   * Takes back a renewal. Returns the renewal that applies from now on, or undefined if the deadline has been renewed for
   * good since.
   */
  revoke(renewal: Renewal): Renewal | undefined {
    if (!this.#revocable.delete(renewal)) return undefined
    return [...this.#revocable].at(-1) ?? this.#lasting
  }

  /** Makes a renewal last. Earlier renewals no longer count. */
  settle(renewal: Renewal): void {
    if (!this.#revocable.has(renewal)) return
    this.#lasting = renewal
    for (const earlier of this.#revocable) {
      this.#revocable.delete(earlier)
      if (earlier === renewal) return
    }
  }

  /** Drops all renewals. Called when the deadline is renewed for good. */
  clear(): void {
    if (this.#revocable.size > 0) this.#revocable.clear()
  }
}
