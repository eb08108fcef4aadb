/** Random numbers that depend only on a name. A run can be repeated whatever its timing was. */
export class Random {
  #state: number

  /** @param name its purpose, such as `SEED/http/cycle 3/client 2` */
  constructor(name: string) {
    // FNV-1a: similar names give different states once the mixing below is done.
    let hash = 0x811c9dc5
    for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
    this.#state = hash
  }

  /**
   * Returns a number from 0 to 1, without 1. @see https://github.com/bryc/code/blob/master/jshash/PRNGs.md mulberry32
   */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** Returns an integer from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.between(0, list.length - 1)] ?? list[0]
  }

  /** Returns random bytes, each as one character. */
  bytes(length: number): string {
    return Array.from({ length }, () => String.fromCharCode(this.between(0, 255))).join('')
  }
}
