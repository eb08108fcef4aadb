import { describe, expect, it, test } from 'vitest'
import { relativeImports, resolveImport } from './imports.ts'

describe('relativeImports', () => {
  test.each([
    "import { a } from './a.ts'",
    "import type { A } from './a.ts'",
    "import { type A, a } from './a.ts'",
    "import './a.ts'",
    "export * from './a.ts'",
    "export { a } from './a.ts'",
    "const a = await import('./a.ts')",
    "const a: import('./a.ts').A = 1",
    "const a = require('./a.ts')",
    "/** @type {import('./a.ts').A} */\nconst a = 1",
    "import {\n  a,\n  b,\n} from './a.ts'",
  ])('returns the file of %j', (source) => {
    expect(relativeImports(source)).toEqual(['./a.ts'])
  })

  test.each([
    "import { a } from 'a'",
    "import fs from 'node:fs'",
    "const a = './a.ts'",
    "read('./a.ts')",
    `const program = \`import { a } from './a.ts'\``,
    "// import { a } from './a.ts'",
  ])('returns nothing for %j', (source) => {
    expect(relativeImports(source)).toEqual([])
  })

  it('returns a file once when two statements import it', () => {
    expect(relativeImports("import { a } from '../a.ts'\nimport type { A } from '../a.ts'")).toEqual(['../a.ts'])
  })
})

describe('resolveImport', () => {
  const files = new Set(['p/src/a.ts', 'p/src/b.js', 'p/test/c.ts'])

  it('returns the file beside the importer, or in another folder', () => {
    expect(resolveImport(files, 'p/src/x.ts', './a.ts')).toBe('p/src/a.ts')
    expect(resolveImport(files, 'p/src/x.ts', '../test/c.ts')).toBe('p/test/c.ts')
  })

  it('returns the source when the importer names a built file', () => {
    expect(resolveImport(files, 'scripts/x.mjs', '../p/dist/a.js')).toBe('p/src/a.ts')
    expect(resolveImport(files, 'scripts/x.mjs', '../p/dist/b.js')).toBe('p/src/b.js')
  })

  it('returns undefined for a file that is not in the tree', () => {
    expect(resolveImport(files, 'p/src/x.ts', './missing.ts')).toBeUndefined()
  })
})
