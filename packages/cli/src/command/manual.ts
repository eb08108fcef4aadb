import { synopsis } from './help.ts'
import { OPTIONS, type Option, optionsOf, SUBCOMMANDS } from './option-table.ts'

/** Returns the text of docs/cli.md. `scripts/cli-page.mjs` writes the page, and a test fails if the page differs. */
export function manual(): string {
  return [
    '# idle-shutdown(1)',
    'Any Node server sleeps when nobody uses it, and wakes on the next request. Made from the same table as `--help`, by `scripts/cli-page.mjs`.',
    '## Synopsis',
    code(SUBCOMMANDS.map(({ usage }) => usage)),
    ...SUBCOMMANDS.flatMap(({ name, does, more, examples }) => [
      `## ${name}`,
      does,
      ...more,
      `Options: ${optionsOf(name)
        .map((option) => `[\`--${option.name}\`](#--${option.name})`)
        .join(', ')}.`,
      code(examples),
    ]),
    '## Options',
    'The command begins after `--`, or at the first word that is no option. Durations are texts such as `500ms`, `90s`, `15m`, `2h`, `30d`, or milliseconds.',
    ...OPTIONS.flatMap(optionText),
    '## Settings',
    'Options that set something for the preload become its variables. An option wins over `--env`, and that over the environment.',
    OPTIONS.filter(({ setting }) => setting !== undefined)
      .map(({ name, setting }) => `- \`--${name}\`: \`${setting}\``)
      .join('\n'),
    '## Exit codes',
    [
      '- 0: it was ended by a signal, and COMMAND with it; units, help or version were printed.',
      '- 1: the port is in use, COMMAND was not found or may not be executed, a folder does not exist, a file is there already or could not be written.',
      '- 2: the command line is wrong. One sentence on stderr says how. It is one line, whatever names are in it.',
    ].join('\n'),
  ]
    .map((paragraph) => `${paragraph}\n`)
    .join('\n')
}

/** Returns the options as rows of a table in a README. */
export function optionRows(): string[] {
  return OPTIONS.filter(({ name }) => name !== 'help' && name !== 'version').map(
    (option) => `| \`${synopsis(option)}\` | ${option.of.join(', ')} | ${option.does} | ${option.default ?? ''} |`,
  )
}

function optionText(option: Option): string[] {
  const facts = [
    option.of.length > 1 ? undefined : `Only for \`${option.of[0]}\`.`,
    option.default === undefined ? undefined : `Default: ${option.default}.`,
  ].filter((fact) => fact !== undefined)
  return [
    `### --${option.name}`,
    `\`${synopsis(option)}\``,
    [option.does, option.more, ...facts].filter((text) => text !== undefined).join(' '),
  ]
}

function code(lines: readonly string[]): string {
  return ['```sh', ...lines, '```'].join('\n')
}
