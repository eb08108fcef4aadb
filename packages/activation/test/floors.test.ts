import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'

/**
 * The modules of this package from the top. An import of a value or of a type goes down, so that there is no circle.
 */
const order: readonly string[] = [
  'index',
  'listen',
  'service',
  'notify',
  'inherited-connection',
  'inherited-listeners',
  'sd-notify',
  'claim',
  'inherited-sockets',
  'service-variables',
  'descriptor',
  'before-close',
]

const source = join(import.meta.dirname, '../src')
const files = readdirSync(source).filter((file) => /(?<!\.test)\.ts$/.test(file))

test('every file has its floor', () => {
  expect(files.map((file) => basename(file, '.ts')).toSorted()).toEqual(order.toSorted())
})

test.each(files)('%s imports only from files below it', (file) => {
  const own = order.indexOf(basename(file, '.ts'))
  for (const [, specifier = ''] of readFileSync(join(source, file), 'utf8').matchAll(/ from '(\.[^']+)'/g)) {
    expect(order.indexOf(basename(specifier, '.ts')), `${file} imports ${specifier}`).toBeGreaterThan(own)
  }
})
