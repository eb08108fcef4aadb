import { synopsis } from './help.ts'
import { OPTIONS, type Option, optionsOf, SUBCOMMANDS } from './option-table.ts'

/** Returns the text of docs/cli.md. `pnpm cli-page` writes the page, and a test fails if the page differs. */
export function manual(): string {
  return [
    '# idle-shutdown(1)',
    'An idle timeout for any Node server: an unused server sleeps, and the next connection wakes it. This page is made from the same table as `--help`, by `pnpm cli-page`.',
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
    'COMMAND begins after `--`, or at the first word that is not an option. A DURATION is a text such as `500ms`, `90s`, `15m`, `2h` or `30d`, or milliseconds.',
    ...OPTIONS.flatMap(optionText),
    '## Settings',
    'These options set variables of the preload. An option wins over `--env`, and `--env` wins over the environment.',
    OPTIONS.filter(({ setting }) => setting !== undefined)
      .map(({ name, setting }) => `- \`--${name}\`: \`${setting}\``)
      .join('\n'),
    '## Exit codes',
    [
      '- 0: a signal ended idle-shutdown and COMMAND, or units, help or version were printed.',
      '- 1: a port is in use, COMMAND was not found or is not executable, a folder is missing, or a file exists already.',
      '- 2: the command line is wrong. One line on stderr says how, whatever names are in it.',
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
