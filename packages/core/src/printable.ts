/** Control characters, the line breaks of Unicode, and the marks that turn the direction of what follows. */
const UNPRINTABLE = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu

/**
 * Returns a text that stays in its line when it is printed: each control character is written as `\n` or `\u001b`.
 *
 * Does not escape backslashes, and so cannot be undone. Is not an escape for HTML.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (sign) =>
    sign === '\n' ? '\\n' : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
