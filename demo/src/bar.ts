import type { Paint, Span } from './line.ts'

/** Returns a bar of `width` columns, filled to `fraction` (0 to 1). */
export function bar(fraction: number, width: number, paint: Paint): Span[] {
  const columns = Math.max(0, Math.floor(width))
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * columns)
  // Uses a thick and a thin line, so that the bar is readable without colours.
  return [
    [paint, '━'.repeat(filled)],
    ['dim', '─'.repeat(columns - filled)],
  ]
}
