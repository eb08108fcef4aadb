import { type Option, optionsOf, SUBCOMMANDS, type Subcommand } from './option-table.ts'

const WIDTH = 100
const COLUMN = 32

/** Returns the output of `idle-shutdown --help`. */
export function generalHelp(): string {
  const lines = SUBCOMMANDS.flatMap(({ usage, does }) => [`  ${usage}`, ...wrapped(does, 6), ''])
  return [
    'An idle timeout for any Node server: an unused server sleeps, and the next connection wakes it.',
    '',
    ...lines,
    'idle-shutdown run --help and idle-shutdown systemd --help list the options.',
    '',
  ].join('\n')
}

/** Returns the output of `idle-shutdown SUBCOMMAND --help`. */
export function helpOf(subcommand: Subcommand): string {
  const text = SUBCOMMANDS.find(({ name }) => name === subcommand)
  if (text === undefined) throw new TypeError(`no subcommand ${subcommand}`)
  return [
    `usage: ${text.usage}`,
    '',
    ...wrapped(text.does, 0),
    ...text.more.flatMap((paragraph) => ['', ...wrapped(paragraph.replaceAll('`', ''), 0)]),
    '',
    ...optionsOf(subcommand).flatMap(optionLines),
    '',
    'examples:',
    ...text.examples.map((example) => `  ${example}`),
    '',
  ].join('\n')
}

/** Returns `-l, --listen ADDRESS`, as the help and the page show it. */
export function synopsis({ name, short, value }: Option): string {
  return `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`
}

function optionLines(option: Option): string[] {
  const left = `  ${synopsis(option)}`
  const [first = '', ...rest] = wrapped(`${option.does}${defaultOf(option)}`, COLUMN)
  if (left.length >= COLUMN - 1) return [left, first, ...rest]
  return [`${left.padEnd(COLUMN)}${first.trimStart()}`, ...rest]
}

function defaultOf({ default: value }: Option): string {
  return value === undefined ? '' : ` Default: ${value}.`
}

/** Returns lines of at most {@link WIDTH} characters, each with `indent` spaces before it. */
function wrapped(text: string, indent: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each)
}
