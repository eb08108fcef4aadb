import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { helpOf } from './help.ts'
import { manual, optionRows } from './manual.ts'
import { OPTIONS, optionsOf } from './option-table.ts'

const root = join(import.meta.dirname, '../../../..')

describe('the pages that the option table makes (pnpm cli-page writes them)', () => {
  test('docs/cli.md', () => {
    expect(readFileSync(join(root, 'docs/cli.md'), 'utf8')).toBe(manual())
  })

  test("the README's table", () => {
    // Biome pads the cells.
    const lines = readFileSync(join(root, 'packages/cli/README.md'), 'utf8').replaceAll(/ +/g, ' ').split('\n')
    for (const row of optionRows()) expect(lines).toContain(row.replaceAll(/ +/g, ' '))
  })
})

test.each(['run', 'systemd'] as const)('%s --help names each of its options, in lines of at most 100 signs', (name) => {
  const help = helpOf(name)
  for (const option of optionsOf(name)) expect(help).toMatch(new RegExp(`^ +(-., )?--${option.name}\\b`, 'm'))
  expect(help.split('\n').filter((line) => line.length > 100)).toEqual([])
})

test('each name and each letter is used once', () => {
  const taken = OPTIONS.flatMap(({ name, short }) => [name, short]).filter((name) => name !== undefined)
  expect(new Set(taken).size).toBe(taken.length)
})
