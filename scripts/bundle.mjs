// Bundles the JavaScript of the package in the current folder into dist, beside the declarations of `tsc -b`. Makes few
// modules, since each import adds to every start of a process. Removes outdated files. See
// decisions/0027-how-dist-is-built.md.
// It is JavaScript, and not in tools, because it is a part of the build of core, and tools is built after core.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import { esmExternalRequirePlugin } from 'rolldown/plugins'

const DIST = 'dist'
/** The folder of a third-party package, which holds its licence. */
const OTHERS = /^.*[\\/]node_modules[\\/](?<name>(?:@[^\\/]+[\\/])?[^\\/]+)/

/** A source of this package, as a source map in dist names it. */
const OWN = /^(\.\.\/)+src\//

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {Record<string, string | Record<string, string>>} [exports]
 * @property {Record<string, string>} [bin]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 */

const { exports = {}, bin = {}, dependencies, peerDependencies } = readManifest('.')
const entries = [...Object.values(exports), ...Object.values(bin)]
  .map((target) => (typeof target === 'string' ? target : target['default']))
  .flatMap((file) => /^\.\/dist\/(?<name>.+)\.js$/.exec(file ?? '')?.groups?.['name'] ?? [])
// All other imports are devDependencies, and become part of the bundle.
const installed = Object.keys({ ...dependencies, ...peerDependencies })
const external = [/^node:/, ...installed.map((name) => new RegExp(`^${name}(/|$)`))]

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  // Entries but the first are for packages of this family, and may export more than src does. So shared code needs no
  // chunk of its own.
  preserveEntrySignatures: 'allow-extension',
  // Turns a CommonJS package's `require` of a Node module into an import.
  plugins: [esmExternalRequirePlugin({ external })],
  transform: { target: 'es2023' },
  // Does not load third-party modules that are imported but not used.
  treeshake: { moduleSideEffects: 'no-external' },
})
const { output } = await bundle.generate({
  format: 'esm',
  entryFileNames: '[name].js',
  // Uses no hash in names. A running process can then load a chunk late, even if another version was installed since.
  chunkFileNames: '[name].js',
  minify: false,
  minifyInternalExports: false,
  // Each entry but the first holds the code that it needs, except for code that a later entry holds.
  codeSplitting: {
    groups: entries.slice(1).map((name, index) => ({ name, test: sourceOf(name), priority: index })),
  },
  // Doc comments are in the sources, and in the declarations for editors. In dist, they would only slow every start.
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

/**
 * Removes our sources from a source map, since they are published beside dist. Third-party sources are not, and stay.
 */
function withoutOwnSources(/** @type {import('rolldown').SourceMap} */ { version, file, names, sources, ...map }) {
  const sourcesContent = sources.map((source, index) => (OWN.test(source) ? null : (map.sourcesContent?.[index] ?? '')))
  return { version, file, names, sources, sourcesContent, mappings: map.mappings }
}

/** Returns the notices that the licences of bundled packages require. */
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
