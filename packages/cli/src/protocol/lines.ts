/** The longest line (in characters). No message of this protocol is longer. */
const LONGEST_LINE = 2 ** 20

/** Receives the lines that {@link jsonLines} reads. */
export interface LineReader {
  /** Called with the JSON value of a line. */
  line(value: unknown): void
  /** Called when a line is not JSON or is too long. Nothing more is read. */
  broken(): void
}

/** Reads lines of text, each a JSON value. Holds at most one line, of 1 MiB. */
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

/** Returns the JSON value of a text, which is never `undefined`, or `undefined` if the text is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
