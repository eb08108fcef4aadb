import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'

/** The modules of this package from the top. An import goes down, or stays on its floor without a circle. */
const floors: readonly (readonly string[])[] = [
  ['index', 'adapter', 'tracker'],
  ['app-shutdown'],
  ['idle-shutdown'],
  ['drain', 'server-watch', 'looks'],
  ['idle-tracker'],
  [
    'ignore-request',
    'request-channel',
    'http1-connection',
    'http2-connection',
    'plain-connection',
    'announcement',
    'apart',
    'upgraded',
    'stream-count',
    'lingering-close',
    'connection',
    'silence',
    'carrier',
    'handed-over',
    'bytes',
    'http2-internals',
    'parser',
    'request-label',
    'head-text',
  ],
  ['countdown', 'hold'],
  [
    'idle-signal',
    'explanation',
    'open-responses',
    'options',
    'openings',
    'confirmation',
    'alarm',
    'lookout',
    'activation',
    'seeking',
    'discovery',
    'closures',
    'strangers',
    'server',
    'left-running',
    'leftovers',
    'last-look',
    'clock',
    'errors',
    'printable',
  ],
]
const order = floors.flat()

const source = join(import.meta.dirname, '../src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.test)\.ts$/.test(file))
const imports = (file: string): RegExpMatchArray[] => [
  ...readFileSync(join(source, file), 'utf8').matchAll(/^(import type|import|export)[^'"]*? from '([^']+)'/gms),
]

test('every file has its floor', () => {
  expect(files.map((file) => basename(file, '.ts')).toSorted()).toEqual(order.toSorted())
})

test.each(files)('%s imports from below only', (file) => {
  const own = order.indexOf(basename(file, '.ts'))
  for (const [, kind, specifier = ''] of imports(file)) {
    // A type is not a dependency at run time: carrier and connection import types from each other.
    if (!specifier.startsWith('.') || kind === 'import type') continue
    expect(order.indexOf(basename(specifier, '.ts')), `${file} imports ${specifier}`).toBeGreaterThan(own)
  }
})

test.each(
  floors
    .slice(4)
    .flat()
    .filter((name) => !floors[5]?.includes(name) && name !== 'server'),
)('%s knows nothing of servers', (name) => {
  for (const [, kind, specifier] of imports(`${name}.ts`)) {
    if (kind !== 'import type') expect(specifier).not.toMatch(/^node:(https?|http2|net|tls)$/)
  }
})
