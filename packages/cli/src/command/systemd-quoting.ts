import type { IdleErrorCode } from '@idle-shutdown/core'
import { showValue } from '@idle-shutdown/core/tracker'
import { CommandError } from './command-error.ts'

/** The code of an error about a value that no unit can hold. */
const CODE: IdleErrorCode = 'ERR_IDLE_INVALID_UNIT_VALUE'

/**
 * Returns one line of a unit: `NAME=VALUE`. All lines of units are made here, so that no value begins a new line or
 * joins the next one. A blank at either end of a value would be removed by systemd, and a backslash at the end would
 * continue the line.
 *
 * @param option the name of the value in errors
 * @throws CommandError `ERR_IDLE_INVALID_UNIT_VALUE` for a control character, a blank at either end, or a backslash at
 *   the end
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html
 */
export function unitLine(name: string, value: string, option: string): string {
  if (/\p{Cc}/u.test(value)) throw unwritable(option, value, 'without control characters')
  if (value === '' || value.trim() !== value) throw unwritable(option, value, 'without blanks at its ends')
  if (continues(value)) throw unwritable(option, value, 'without a backslash at its end')
  return `${name}=${value}`
}

/**
 * Returns a value in which systemd only expands specifiers, so `%` is doubled. For values that fill a line: addresses,
 * descriptions, users.
 */
export function plainValue(text: string): string {
  return text.replaceAll('%', '%%')
}

/**
 * Returns a folder that fills a line. After a blank or a backslash at the end, a slash is added, which systemd removes
 * again.
 */
export function folderValue(path: string): string {
  const value = plainValue(path)
  return /[\s\\]$/.test(value) ? `${value}/` : value
}

/** Returns one word, or one assignment, of a line that systemd splits into words. */
export function quotedWord(text: string): string {
  const inside = plainValue(text).replace(/[\\"\p{Cc}]/gu, escaped)
  return /^[\w%@:,./=+-]+$/.test(inside) ? inside : `"${inside}"`
}

/**
 * Returns an argument of ExecStart=, in which `$` also begins a variable. The executable itself does not count as an
 * argument.
 */
export function quotedArgument(text: string): string {
  return quotedWord(text).replaceAll('$', '$$$$')
}

/**
 * Returns the executable of ExecStart=, in which systemd allows neither quotes nor backslashes, even if they are
 * escaped.
 *
 * @throws CommandError `ERR_IDLE_INVALID_UNIT_VALUE`
 */
export function quotedExecutable(path: string): string {
  if (/["'\\\p{Cc}]/u.test(path)) {
    throw unwritable('node', path, 'without quotes, backslashes and control characters')
  }
  return quotedWord(path)
}

function escaped(sign: string): string {
  if (sign === '\\' || sign === '"') return `\\${sign}`
  if (sign === '\n') return '\\n'
  if (sign === '\t') return '\\t'
  const code = sign.charCodeAt(0)
  // `\x85` would be a byte, and not a character.
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** Reports whether a line that ends with this value continues in the next: after an odd number of backslashes. */
function continues(value: string): boolean {
  return (/\\*$/.exec(value)?.[0].length ?? 0) % 2 === 1
}

function unwritable(option: string, value: string, accepted: string): CommandError {
  return new CommandError(2, `"${option}" must be a value ${accepted}. Received ${showValue(value)} (${CODE})`, CODE)
}
