/** A value of which systemd only expands specifiers: `%` is doubled. For paths and addresses that fill a line. */
export function plainValue(text: string): string {
  return text.replaceAll('%', '%%')
}

/** One word, or one assignment, of a line that systemd splits into words. */
export function quotedWord(text: string): string {
  const inside = plainValue(text).replace(/[\\"\p{Cc}]/gu, escaped)
  return /^[\w%@:,./=+-]+$/.test(inside) ? inside : `"${inside}"`
}

/** An argument of ExecStart=, where `$` begins a variable, too. The executable itself is no argument. */
export function quotedArgument(text: string): string {
  return quotedWord(text).replaceAll('$', '$$$$')
}

function escaped(sign: string): string {
  if (sign === '\\' || sign === '"') return `\\${sign}`
  if (sign === '\n') return '\\n'
  if (sign === '\t') return '\\t'
  return `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`
}
