/** No message of ours is as long as this (in characters). */
const LONGEST_LINE = 2 ** 20

/** What reads lines of JSON calls. */
export interface LineReader {
  /** A line was a value of JSON. */
  line(value: unknown): void
  /** A line was no JSON, or had no end for too long. Nothing more is read. */
  broken(): void
}

/** Reads a stream of text in lines, each a value of JSON. Holds at most one line, of 1 MiB. */
export function jsonLines({ line, broken }: LineReader): (text: string) => void {
  let rest = ''
  let over = false
  return (text) => {
    if (over) return
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const value = parsed(part)
      over = value === undefined
      if (over) break
      line(value)
    }
    if (rest.length > LONGEST_LINE) over = true
    if (!over) return
    rest = ''
    broken()
  }
}

/** A value of JSON, which is never undefined; `undefined` for a text that is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
