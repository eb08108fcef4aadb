import { createColors } from 'picocolors'

/** The style of a piece of text. */
export type Paint = 'plain' | 'bold' | 'dim' | 'green' | 'yellow' | 'cyan' | 'red'

/** A piece of a line. The text has no escape codes, and one column per character. */
export type Span = string | readonly [paint: Paint, text: string]

/** A line for the terminal, from left to right. */
export type Line = readonly Span[]

/** Reports whether to write colours to a stream, by https://no-color.org and https://force-color.org. */
export function hasColours(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR']) return false
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** Returns a line as text. */
export function render(line: Line, colours: boolean): string {
  const paints = { ...createColors(colours), plain: String }
  return line.map((span) => (typeof span === 'string' ? span : paints[span[0]](span[1]))).join('')
}

/** Cuts a line to at most `width` columns. */
export function fit(line: Line, width: number): Line {
  if (widthOf(line) <= width) return line
  const fitting: Span[] = []
  let room = width - 1
  for (const span of line) {
    const text = textOf(span).slice(0, Math.max(room, 0))
    room -= text.length
    fitting.push(typeof span === 'string' ? text : [span[0], text])
  }
  return width < 1 ? [] : [...fitting, '…']
}

/** Returns the width of a line in columns. */
export function widthOf(line: Line): number {
  return line.reduce((sum, span) => sum + textOf(span).length, 0)
}

function textOf(span: Span): string {
  return typeof span === 'string' ? span : span[1]
}
