import { describe, expect, it } from 'vitest'
import { checkCircles } from './check-circles.ts'

/** Writes a file for each path, with one import of each named specifier. */
const sources = (files: Record<string, readonly string[]>): Map<string, string> =>
  new Map(
    Object.entries(files).map(([file, imports]) => [
      file,
      imports.map((path) => `import { a } from '${path}'`).join('\n'),
    ]),
  )

const circles = (files: Record<string, readonly string[]>): string[] =>
  checkCircles(sources(files)).map(({ kind, members }) => `${kind}: ${members.join(' ')}`)

describe('files', () => {
  it('returns nothing when imports go one way', () => {
    expect(circles({ 'a/src/a.ts': ['./b.ts', './c.ts'], 'a/src/b.ts': ['./c.ts'], 'a/src/c.ts': [] })).toEqual([])
  })

  it('returns a circle once, from its first file in order', () => {
    expect(circles({ 'src/c.ts': ['./a.ts'], 'src/b.ts': ['./c.ts'], 'src/a.ts': ['./b.ts'] })).toEqual([
      'files: src/a.ts src/b.ts src/c.ts',
    ])
  })

  it('counts an import of a type', () => {
    const files = new Map([
      ['src/a.ts', "import type { B } from './b.ts'"],
      ['src/b.ts', "import { a } from './a.ts'"],
    ])
    expect(checkCircles(files)).toEqual([
      {
        kind: 'files',
        members: ['src/a.ts', 'src/b.ts'],
        imports: [
          { from: 'src/a.ts', to: 'src/b.ts' },
          { from: 'src/b.ts', to: 'src/a.ts' },
        ],
      },
    ])
  })

  it('returns two circles when they share no file', () => {
    expect(
      circles({
        'src/a.ts': ['./b.ts'],
        'src/b.ts': ['./a.ts', './c.ts'],
        'src/c.ts': ['./d.ts'],
        'src/d.ts': ['./c.ts'],
      }),
    ).toEqual(['files: src/a.ts src/b.ts', 'files: src/c.ts src/d.ts'])
  })

  it('returns each small circle when circles share a file', () => {
    expect(circles({ 'src/a.ts': ['./b.ts'], 'src/b.ts': ['./a.ts', './c.ts'], 'src/c.ts': ['./b.ts'] })).toEqual([
      'files: src/a.ts src/b.ts',
      'files: src/b.ts src/c.ts',
    ])
  })

  it('ignores imports of packages, of missing files and of the file itself', () => {
    expect(circles({ 'src/a.ts': ['b', './b.json', './a.ts', 'node:fs'] })).toEqual([])
  })
})

describe('folders', () => {
  it('reports folders whose files import each other, although no file is in a circle', () => {
    const files = sources({
      'src/run/a.ts': ['../status/b.ts'],
      'src/status/b.ts': [],
      'src/status/c.ts': ['../run/d.ts'],
      'src/run/d.ts': [],
    })
    expect(checkCircles(files)).toEqual([
      {
        kind: 'folders',
        members: ['src/run', 'src/status'],
        imports: [
          { from: 'src/run/a.ts', to: 'src/status/b.ts' },
          { from: 'src/status/c.ts', to: 'src/run/d.ts' },
        ],
      },
    ])
  })

  it('reports a file beside a folder when each imports the other', () => {
    expect(
      circles({ 'src/options.ts': ['./time/clock.ts'], 'src/time/clock.ts': [], 'src/time/a.ts': ['../options.ts'] }),
    ).toEqual(['folders: src/options.ts src/time'])
  })

  it('reports a circle of folders and files once', () => {
    expect(circles({ 'src/run/a.ts': ['../status/b.ts'], 'src/status/b.ts': ['../run/a.ts'] })).toEqual([
      'files: src/run/a.ts src/status/b.ts',
    ])
  })

  it('ignores the imports of tests', () => {
    expect(
      circles({ 'src/a.test.ts': ['../test/clock.ts'], 'test/clock.ts': ['../src/a.ts'], 'src/a.ts': [] }),
    ).toEqual([])
  })
})
