/** The sets of conformance subjects that a page mentions. Each gets a letter when it is first mentioned. */
export class SubjectSets {
  readonly #letters: Map<string, string> = new Map()

  /** Returns the letter of a set. */
  letterOf(subjects: ReadonlySet<string>): string {
    const short = shorten([...subjects])
    const letter = this.#letters.get(short) ?? String.fromCodePoint(65 + this.#letters.size)
    this.#letters.set(short, letter)
    return letter
  }

  /** Returns the letters with the subjects that they stand for, in the order of the letters. */
  entries(): { letter: string; subjects: string }[] {
    return [...this.#letters].map(([subjects, letter]) => ({ letter, subjects }))
  }
}

/** Shortens `Koa 2 over http`, `Koa 2 over h2` to `Koa 2 (h2, http)`. Mentions unix sockets once for all. */
function shorten(subjects: readonly string[]): string {
  const byName = new Map<string, Set<string>>()
  for (const subject of subjects) {
    const [plain = '', unix] = subject.split(', on a ')
    const [name = '', kind] =
      plain.startsWith('h2 with') || !plain.includes(' over ') ? ['core', plain] : plain.split(' over ')
    const kinds = byName.get(name) ?? new Set()
    byName.set(name, kinds.add(`${(kind ?? '').replace('h2 with HTTP/1, over ', 'h2 as ')}${unix ? ' on unix' : ''}`))
  }
  return [...byName]
    .sort(([a], [b]) => Number(b === 'core') - Number(a === 'core') || a.localeCompare(b))
    .map(([name, kinds]) => `${name} (${[...kinds].sort().join(', ')})`)
    .join(', ')
}
