import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const docs = join(import.meta.dirname, '../../../docs')
const page = readFileSync(join(docs, 'security.md'), 'utf8')
const rows = [...page.matchAll(/^\| (?!border|---)(.+?) \| .+? \| (.+?) +\|$/gm)].map(
  ([, border = '', tests = '']) => ({
    border,
    tests,
  }),
)

test('has a row for every border', () => {
  expect(rows.length).toBeGreaterThan(20)
})

test.each(rows)('$border: names tests that exist', ({ tests }) => {
  const cited = [...tests.matchAll(/\[[^\]]+\]\(([^)]+)\) `([^`]+)`/g)]
  expect(cited.map(([text]) => text).join(', ')).toBe(tests)
  for (const [, path = '', name = ''] of cited) {
    expect(existsSync(join(docs, path)), `${path} does not exist`).toBe(true)
    // The source holds each name unchanged, in one of three kinds of quotes.
    const isThere = readFileSync(join(docs, path), 'utf8').includes(name)
    expect(isThere, `${path} has no test "${name}"`).toBe(true)
  }
})
