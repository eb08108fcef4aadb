import { type Passage, passagesOfPage, passagesOfSource } from './passages.ts'
import { RULES, type Rule } from './rules.ts'

/** A place that breaks a rule. */
export interface Finding {
  readonly file: string
  readonly line: number
  readonly rule: Rule
  /** The words that break it. */
  readonly found: string
}

/**
 * Returns each place of a file that breaks a rule for sentences, in the order of the file. Checks pages (`.md`) and the
 * comments and strings of JavaScript and TypeScript. Returns nothing for other files.
 */
export function checkProse(file: string, content: string): Finding[] {
  return passagesOf(file, content).flatMap(({ kind, text, line }) =>
    RULES.flatMap((rule) => {
      if (rule.kinds !== undefined && !rule.kinds.includes(kind)) return []
      const found = rule.find(text)
      return found === undefined ? [] : [{ file, line, rule, found }]
    }),
  )
}

function passagesOf(file: string, content: string): readonly Passage[] {
  if (file.endsWith('.md')) return passagesOfPage(content)
  return /\.[cm]?[jt]s$/.test(file) ? passagesOfSource(content) : []
}
