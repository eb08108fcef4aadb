import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

test('has an entry in docs/errors.md for every error and warning code, and no other', () => {
  const source = read('packages/core/src/errors.ts')
  const codes = new Set(source.match(/\b(ERR_)?IDLE_[A-Z_]+/g))
  const entries = [...read('docs/errors.md').matchAll(/^### (\S+)$/gm)].map(([, code]) => code)
  expect(entries.toSorted()).toEqual([...codes].toSorted())
})

test('has a row in the README of core for every option, and its name in those of the adapters', () => {
  const source = read('packages/core/src/options.ts')
  const lists = [...source.matchAll(/const (?:TRACKER|SHUTDOWN)_OPTIONS = \[([^\]]*)\]/g)].map(([, list = '']) => list)
  const options = lists.join().match(/(?<=')\w+(?=')/g) ?? []
  expect(options).toHaveLength(11)
  for (const option of options) {
    expect(read('packages/core/README.md')).toMatch(new RegExp(`^\\| \`${option}\` +\\|`, 'm'))
    for (const adapter of ['express', 'fastify', 'koa'])
      expect(read(`packages/${adapter}/README.md`)).toContain(`\`${option}\``)
  }
})

test('has a target for every relative link', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...['docs', 'decisions'].flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.md'))
        .map((name) => `${folder}/${name}`),
    ),
  ]
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      expect(existsSync(join(root, dirname(page), target)), `${page} → ${target}`).toBe(true)
    }
  }
})
