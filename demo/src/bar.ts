import type { Paint, Span } from './line.ts'

/** A bar of `width` columns, of which `fraction` (0 to 1) is filled. */
export function bar(fraction: number, width: number, paint: Paint): Span[] {
  const columns = Math.max(0, Math.floor(width))
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * columns)
  // Thick and thin: it can be read without colours.
  return [
    [paint, '━'.repeat(filled)],
    ['dim', '─'.repeat(columns - filled)],
  ]
}
