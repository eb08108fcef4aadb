// Bundles the JavaScript of the package in whose folder it is run into dist, where `tsc -b` puts the declarations: few modules, since
// each that is imported costs every start of a process. What is no longer made is removed. See decisions/0027-how-dist-is-built.md.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { rolldown } from 'rolldown'

const DIST = 'dist'

/** @type {{ exports?: Record<string, string | Record<string, string>>, bin?: Record<string, string> }} */
const { exports = {}, bin = {} } = JSON.parse(readFileSync('package.json', 'utf8'))
const entries = [...Object.values(exports), ...Object.values(bin)]
  .map((target) => (typeof target === 'string' ? target : target['default']))
  .flatMap((file) => /^\.\/dist\/(?<name>.+)\.js$/.exec(file ?? '')?.groups?.['name'] ?? [])

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  // Dependencies stay imports.
  external: (id) => !id.startsWith('.') && !isAbsolute(id) && !id.startsWith('src/'),
  transform: { target: 'es2023' },
})
const { output } = await bundle.write({
  dir: DIST,
  format: 'esm',
  entryFileNames: '[name].js',
  // Without a hash: a file that an installed version loads late has the name that it had.
  chunkFileNames: '[name].js',
  // The sources are published beside dist.
  sourcemap: true,
  sourcemapExcludeSources: true,
  // They are in the sources, and in the declarations for editors; here they would only be read at each start.
  comments: { jsdoc: false },
})
await bundle.close()

const made = new Set(output.map(({ fileName }) => fileName))
for (const file of readdirSync(DIST, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'))) {
  const declared = /^(?<name>.+)\.d\.ts(\.map)?$/.exec(file)?.groups?.['name']
  const stale = declared === undefined ? /\.js(\.map)?$/.test(file) && !made.has(file) : !existsSync(`src/${declared}.ts`)
  if (stale) rmSync(join(DIST, file))
}
