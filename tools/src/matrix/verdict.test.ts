import { describe, expect, it, test } from 'vitest'
import { matrixPage, withSummary } from './matrix-page.ts'
import type { Row } from './rows.ts'
import { checkRanges, checkRows, showRows } from './verdict.ts'

const row = (changes: Partial<Row> = {}): Row => ({
  group: 'Koa 3',
  name: 'Koa',
  version: '3.0.0',
  by: 'tests',
  result: 'passes',
  ...changes,
})

describe('checkRows', () => {
  it('passes when each row passes or may fail', () => {
    expect(checkRows([row(), row({ result: 'may fail' })], true)).toEqual([])
  })

  test.each(['fails', 'was skipped', 'was not run'] as const)('fails when a supported row %s', (result) => {
    expect(checkRows([row(), row({ result })], false)).toEqual([`Koa 3.0.0 is declared supported, but ${result}`])
  })

  it('names the test that decided', () => {
    expect(checkRows([row({ result: 'fails', because: 'a.test.ts › a' })], false)).toEqual([
      'Koa 3.0.0 is declared supported, but fails: a.test.ts › a',
    ])
  })

  it('leaves no gap when a row has no version', () => {
    expect(checkRows([row({ name: 'node:test', version: '', result: 'fails' })], false)).toEqual([
      'node:test is declared supported, but fails',
    ])
  })

  it('writes nothing when a row was not run here, and accepts it otherwise', () => {
    const rows = [row(), row({ name: 'Node.js', version: '22', result: 'not run here' })]
    expect(checkRows(rows, false)).toEqual([])
    expect(checkRows(rows, true)).toEqual(['nothing was written, since some were not run: Node.js 22'])
  })
})

describe('checkRanges', () => {
  const koa = {
    package: 'koa',
    majors: [
      { name: 'Koa 2', alias: 'koa2', first: '2.13.0' },
      { name: 'Koa 3', alias: 'koa', first: '3.0.0' },
    ],
  }

  it('passes when the peer range has the first version of each major', () => {
    expect(checkRanges([koa], () => '^2.13.0 || ^3.0.0')).toEqual([])
  })

  test.each(['^2.13.0', '>=2.13.0', '^2.13.0 || ^3.0.0 || ^4.0.0', undefined])(
    'fails when the range is %s',
    (range) => {
      expect(checkRanges([koa], () => range)).toEqual([
        `@idle-shutdown/koa has the peer range ${range}, but matrix.json has ^2.13.0 || ^3.0.0`,
      ])
    },
  )
})

it('prints the rows in columns', () => {
  expect(showRows([row(), row({ name: 'Express', result: 'was not run' })])).toEqual([
    'Koa 3.0.0      passes        tests',
    'Express 3.0.0  was not run   tests',
  ])
})

describe('pages', () => {
  const rows = [
    row(),
    row({ version: '3.3.0', result: 'not run here' }),
    row({ group: 'Koa 4', version: '4.0.0', result: 'may fail' }),
    row({ group: 'Companions', name: 'ws', version: '8.1.2' }),
    row({ group: 'Companions', name: 'node:test', version: '' }),
  ]

  it('lists each row', () => {
    const lines = matrixPage(rows).split('\n')
    expect(lines).toContain('| Koa | 3.3.0 | passes | tests |')
    expect(lines).toContain('| Koa | 4.0.0 | may fail | tests |')
    expect(lines).toContain('| node:test |  | passes | tests |')
  })

  it('has a line for each group in the README', () => {
    const readme = 'a\n<!-- matrix -->\nold\n<!-- /matrix -->\nb\n'
    expect(withSummary(readme, 'README.md', rows)).toBe(
      [
        'a\n<!-- matrix -->\n',
        '| | tested with |',
        '| --- | --- |',
        '| Koa 3 | 3.0.0, 3.3.0 |',
        '| Koa 4 | 4.0.0 (may fail) |',
        '| Companions | ws 8, node:test |',
        '\n<!-- /matrix -->\nb\n',
      ].join('\n'),
    )
  })
})
