import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { expect, test } from 'vitest'

/** The folders of the source from the top. `.` is the ground: the files beside the folders, except `main.ts`. */
const FLOORS: readonly string[] = [
  'main',
  'command',
  'status',
  'run',
  'run/command',
  'run/addresses',
  'run/connections',
  'register',
  'register/supervisor',
  'register/listen',
  'register/connections',
  'register/process',
  'protocol',
  '.',
]

const source = join(import.meta.dirname, '../src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => /(?<!\.test)\.ts$/.test(file))
  .map((file) => file.replaceAll(sep, '/'))

/** Returns the files that a file imports, types included. */
function imports(file: string): readonly string[] {
  const text = readFileSync(join(source, file), 'utf8')
  return [...text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'(\.{1,2}\/[^']+)'/g)].map(([, specifier = '']) =>
    relative(source, join(source, dirname(file), specifier)).replaceAll(sep, '/'),
  )
}

function floorOf(file: string): string {
  return file === 'main.ts' ? 'main' : dirname(file)
}

/** Returns a circle of imports that begins and ends at `file`, if there is one. */
function circleAt(file: string): readonly string[] {
  const reached = new Map<string, string>()
  const open = [file]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of imports(at)) {
      if (next === file) {
        const circle = [file]
        for (let one: string | undefined = at; one !== undefined; one = reached.get(one)) circle.unshift(one)
        return circle
      }
      if (reached.has(next)) continue
      reached.set(next, at)
      open.push(next)
    }
  }
  return []
}

test('each folder of the source has a floor', () => {
  expect(new Set(files.map(floorOf))).toEqual(new Set(FLOORS))
})

test.each(files)('%s imports only from its own folder and from below', (file) => {
  for (const imported of imports(file)) {
    expect(files, `${file} imports ${imported}`).toContain(imported)
    expect(FLOORS.indexOf(floorOf(imported)), `${file} imports ${imported}`).toBeGreaterThanOrEqual(
      FLOORS.indexOf(floorOf(file)),
    )
  }
})

test.each(files)('%s is in no circle of imports, types included', (file) => {
  expect(circleAt(file)).toEqual([])
})

test('the supervisor and the preload import nothing of each other', () => {
  for (const file of files) {
    const other = file.startsWith('run/') ? 'register/' : file.startsWith('register/') ? 'run/' : undefined
    if (other === undefined) continue
    expect(imports(file).filter((imported) => imported.startsWith(other))).toEqual([])
  }
})
