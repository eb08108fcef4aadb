/** Matches control characters, the line breaks of Unicode, and the marks that change the direction of text. */
const UNPRINTABLE = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu

/**
 * Returns a text that stays on one line when it is printed: each control character is written as `\n` or `\u001b`.
 *
 * Does not escape backslashes, so that the result cannot be decoded. Does not escape HTML.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (sign) =>
    sign === '\n' ? '\\n' : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
