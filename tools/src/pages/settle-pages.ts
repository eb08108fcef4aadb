import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** A generated page. */
export interface Page {
  /** The path from the root of the repository. */
  readonly file: string
  /** The new text, formatted. */
  readonly text: string
}

/** `write` brings pages up to date, `check` reports pages that are not, and `show` does neither. */
export type PageMode = 'write' | 'check' | 'show'

/** Returns the text of a page, or an empty text if there is no page yet. */
export function readPage(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/**
 * Writes the pages whose text has changed, or returns a problem for each.
 *
 * @param source what the pages must match, such as `the run`
 * @param command the command that writes the pages
 */
export function settlePages(pages: readonly Page[], mode: PageMode, source: string, command: string): string[] {
  if (mode === 'show') return []
  const changed = pages.filter(({ file, text }) => readPage(file) !== text)
  if (mode === 'check') return changed.map(({ file }) => `${file} does not match ${source}. Run ${command}`)
  for (const { file, text } of changed) writeFileSync(file, text)
  return []
}
