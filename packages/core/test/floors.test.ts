import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

/**
 * The floors from the top: the files of `src/` one by one, and each folder as a whole. An import goes down, or stays in
 * its folder.
 */
const floors = [
  'index.ts',
  'adapter.ts',
  'tracker.ts',
  'process-wide.ts',
  'app-shutdown.ts',
  'idle-shutdown.ts',
  'internals.ts',
  'process-wide/',
  'server/',
  'closing/',
  'connection/',
  'tracker/',
  'options.ts',
  'clock.ts',
  'errors.ts',
  'no-argument.ts',
  'printable.ts',
]

const source = join(import.meta.dirname, '../src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.test)\.ts$/.test(file))
const floorOf = (file: string): number => floors.indexOf(file.replace(/\/.*/, '/'))

/** Returns the modules that a file imports or exports from, those of types and those that it loads later included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8')
  const found = text.matchAll(/^(?:import|export)\b[^'"]*? from '([^']+)'|\bimport\('([^']+)'\)/gm)
  return [...found].map(([, specifier, later]) => specifier ?? later ?? '')
}

/** The files of this package that each file imports. */
const below = new Map(
  files.map((file) => [
    file,
    importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => normalize(join(dirname(file), specifier))),
  ]),
)

/** Returns the circle of imports that begins and ends at `file`. Returns an empty path if there is none. */
function circleAt(file: string): string[] {
  const path: string[] = []
  const seen = new Set<string>()
  const leadsBack = (from: string): boolean =>
    (below.get(from) ?? []).some((next) => {
      if (next !== file && seen.has(next)) return false
      seen.add(next)
      if (next !== file && !leadsBack(next)) return false
      path.unshift(next)
      return true
    })
  return leadsBack(file) ? [file, ...path] : []
}

test('each file has a floor, and each floor has a file', () => {
  expect([...new Set(files.map(floorOf))].toSorted((a, b) => a - b)).toEqual([...floors.keys()])
})

test.each(files)('%s imports from its folder and from below', (file) => {
  for (const imported of below.get(file) ?? []) {
    const inFolder = dirname(file) !== '.' && dirname(file) === dirname(imported)
    if (!inFolder) expect(floorOf(imported), `${file} imports ${imported}`).toBeGreaterThan(floorOf(file))
  }
})

test.each(files)('%s is in no circle of imports, types included', (file) => {
  expect(circleAt(file)).toEqual([])
})

test.each(files.filter((file) => !file.startsWith('connection/') && file !== 'server/server-watch.ts'))(
  '%s loads no server of Node',
  (file) => {
    const text = readFileSync(join(source, file), 'utf8')
    expect(text).not.toMatch(/^(?:import|export)(?! type)[^'"]*? from 'node:(?:https?|http2|net|tls)'/m)
  },
)
