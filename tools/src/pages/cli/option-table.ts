import { replaceBetween } from '../replace-between.ts'

/**
 * Replaces the table of options in the README of the command.
 *
 * @param rows the rows of the table, in Markdown
 */
export function withOptionTable(readme: string, file: string, rows: readonly string[]): string {
  const table = ['| option | of |  | default |', '| --- | --- | --- | --- |', ...rows].join('\n')
  return replaceBetween(readme, file, 'options', table)
}
