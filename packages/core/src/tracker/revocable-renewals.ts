/** A renewal of the deadline that can be taken back. */
export interface RevocableRenewal {
  /** The deadline that the renewal set. */
  readonly deadline: number
}

/** The renewals that can be taken back, in any order, since the last renewal that cannot. */
export class RevocableRenewals {
  /** The deadline if all renewals are taken back. */
  #lasting = 0
  /** Oldest first. */
  readonly #revocable = new Set<RevocableRenewal>()

  /** Adds a renewal that moved the deadline from `before` to `deadline`. */
  add(before: number, deadline: number): RevocableRenewal {
    if (this.#revocable.size === 0) this.#lasting = before
    const renewal = { deadline }
    this.#revocable.add(renewal)
    return renewal
  }

  /**
   * Takes back a renewal. Returns the deadline from now on, or undefined if the deadline has been renewed for good
   * since.
   */
  revoke(renewal: RevocableRenewal): number | undefined {
    if (!this.#revocable.delete(renewal)) return undefined
    return [...this.#revocable].at(-1)?.deadline ?? this.#lasting
  }

  /** Makes a renewal last. Earlier renewals no longer count. */
  settle(renewal: RevocableRenewal): void {
    if (!this.#revocable.has(renewal)) return
    this.#lasting = renewal.deadline
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
