// Bundles the JavaScript of the package in whose folder it is run into dist, where `tsc -b` puts the declarations: few modules, since
// each that is imported costs every start of a process. What is no longer made is removed. See decisions/0027-how-dist-is-built.md.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import { esmExternalRequirePlugin } from 'rolldown/plugins'

const DIST = 'dist'
/** The folder of a package of others, which holds its licence. */
const OTHERS = /^.*[\\/]node_modules[\\/](?<name>(?:@[^\\/]+[\\/])?[^\\/]+)/

/** A source of the package, as a source map in dist names it. */
const OWN = /^(\.\.\/)+src\//

/**
 * @typedef {{ name: string, version: string, exports?: Record<string, string | Record<string, string>>, bin?: Record<string, string>,
 *   dependencies?: Record<string, string>, peerDependencies?: Record<string, string> }} Manifest
 */

const { exports = {}, bin = {}, dependencies, peerDependencies } = readManifest('.')
const entries = [...Object.values(exports), ...Object.values(bin)]
  .map((target) => (typeof target === 'string' ? target : target['default']))
  .flatMap((file) => /^\.\/dist\/(?<name>.+)\.js$/.exec(file ?? '')?.groups?.['name'] ?? [])
// Whatever else is imported is a devDependency, and becomes part of the bundle.
const installed = Object.keys({ ...dependencies, ...peerDependencies })
const external = [/^node:/, ...installed.map((name) => new RegExp(`^${name}(/|$)`))]

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  // Entries but the first are for packages of this family, and may export more than src says: what is shared needs no chunk of its own.
  preserveEntrySignatures: 'allow-extension',
  // What a CommonJS package requires of Node becomes an import.
  plugins: [esmExternalRequirePlugin({ external })],
  transform: { target: 'es2023' },
  // What is imported of others, and not used in the end, is not loaded.
  treeshake: { moduleSideEffects: 'no-external' },
})
const { output } = await bundle.generate({
  format: 'esm',
  entryFileNames: '[name].js',
  // Without a hash: a process that loads one late finds it, also where another version was installed meanwhile.
  chunkFileNames: '[name].js',
  minify: false,
  minifyInternalExports: false,
  // Each entry but the first holds what it needs, but for what one further down holds.
  codeSplitting: {
    groups: entries.slice(1).map((name, index) => ({ name, test: sourceOf(name), priority: index })),
  },
  // They are in the sources, and in the declarations for editors; here they would only be read at each start.
  comments: { jsdoc: false },
  banner: ({ moduleIds }) => licences(moduleIds),
  sourcemap: true,
  sourcemapPathTransform: (source) => source.replace(OTHERS, '../node_modules/$<name>'),
})
await bundle.close()

/** @type {Set<string>} */
const made = new Set()
for (const file of output) {
  if (file.type === 'asset') continue
  write(file.fileName, file.code)
  if (file.map !== null) write(`${file.fileName}.map`, JSON.stringify(withoutOwnSources(file.map)))
}
for (const file of readdirSync(DIST, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'))) {
  const declared = /^(?<name>.+)\.d\.ts(\.map)?$/.exec(file)?.groups?.['name']
  const stale =
    declared === undefined ? /\.js(\.map)?$/.test(file) && !made.has(file) : !existsSync(`src/${declared}.ts`)
  if (stale) rmSync(join(DIST, file))
}

function write(/** @type {string} */ name, /** @type {string} */ content) {
  const path = join(DIST, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  made.add(name)
}

/** Our sources are published beside dist, and those of others are not. */
function withoutOwnSources(/** @type {import('rolldown').SourceMap} */ { version, file, names, sources, ...map }) {
  const sourcesContent = sources.map((source, index) => (OWN.test(source) ? null : (map.sourcesContent?.[index] ?? '')))
  return { version, file, names, sources, sourcesContent, mappings: map.mappings }
}

/** What the licences of bundled packages ask for. */
function licences(/** @type {string[]} */ modules) {
  const folders = new Set(modules.flatMap((id) => OTHERS.exec(id)?.[0] ?? []))
  return [...folders]
    .map((folder) => {
      const { name, version } = readManifest(folder)
      const file = readdirSync(folder).find((each) => /^licen[cs]e(\.\w+)?$/i.test(each))
      if (file === undefined) throw new Error(`${name} has no licence`)
      return `/*!\n${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n*/`
    })
    .join('\n')
}

/** Matches the source of an entry, as rolldown names it. */
function sourceOf(/** @type {string} */ name) {
  return new RegExp(`[\\\\/]src[\\\\/]${name.replaceAll('/', '[\\\\/]')}\\.ts$`)
}

/** @returns {Manifest} */
function readManifest(/** @type {string} */ folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
