import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { installAlone } from '../install.ts'
import { readManifest } from '../packed.ts'

const packed = inject('packed')
const ours = new Set(packed.map(({ name }) => name))

test('finds the packages', () => {
  expect([...ours]).toContain('@idle-shutdown/core')
})

describe.each(packed)('$name', ({ name, folder }) => {
  const manifest = readManifest(folder)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => statSync(join(folder, file)).isFile())
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')

  test('has a description', () => {
    expect(manifest).toMatchObject({
      name,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      description: expect.stringMatching(/.{20}/),
      license: 'MIT',
      type: 'module',
      engines: { node: '>=20.19' },
      publishConfig: { access: 'public', provenance: true },
    })
    expect(manifest.keywords).toEqual(expect.arrayContaining(['idle', 'scale-to-zero']))
    expect(new Set(manifest.keywords).size).toBe(manifest.keywords?.length)
  })

  test('has the version of the others', () => {
    expect(packed.map(({ folder }) => readManifest(folder).version)).toEqual(packed.map(() => manifest.version))
  })

  test('has no invented address', () => {
    for (const field of ['repository', 'homepage', 'bugs', 'author', 'funding'])
      expect(manifest).not.toHaveProperty(field)
  })

  test('links in its README to files of the package, or to npm', () => {
    // Text in backquotes is code.
    const prose = read('README.md')
      .replaceAll(/```.*?```/gs, '')
      .replaceAll(/`[^`\n]*`(?!\])/g, '')
    const links = [...prose.matchAll(/\]\(([^)]*)\)/g)].map(([, target = '']) => target)
    const outside = links.filter((target) => !files.includes(posix.normalize(target.split('#')[0] ?? '')))
    for (const target of outside) {
      const { name: linked, anchor } =
        /^https:\/\/www\.npmjs\.com\/package\/(?<name>[^#]+)(#(?<anchor>.+))?$/.exec(target)?.groups ?? {}
      const other = packed.find(({ name }) => name === linked)
      expect(other, `README.md → ${target}`).toBeDefined()
      if (anchor === undefined || other === undefined) continue
      const headings = readFileSync(join(other.folder, 'README.md'), 'utf8').match(/(?<=^#+ ).+/gm) ?? []
      expect(
        headings.map((heading) => heading.toLowerCase()),
        `README.md → ${target}`,
      ).toContain(anchor)
    }
  })

  test('runs nothing when it is installed', () => {
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
      expect(manifest.scripts ?? {}).not.toHaveProperty(script)
    }
  })

  test('contains dist, src, README, LICENSE, and no more', () => {
    expect([...new Set(files.map((file) => file.split('/')[0]))].sort()).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist', 'package.json', 'src']),
    )
    // The files that idle-shutdown shows in a browser are published unchanged.
    const own = files.filter((file) => !/^status-page\/\w+\.(html|css|js|svg)$/.test(file))
    const strange = own.filter((file) => !/^(dist|src)\/|^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/.test(file))
    expect(strange).toEqual([])
    expect(own.filter((file) => !/\.(ts|js|map|md|json)$|^LICENSE$/.test(file))).toEqual([])
    expect(files.filter((file) => /(^|[./])tests?[./]|tsbuildinfo|fixture|\.spec\./.test(file))).toEqual([])
    expect(read('LICENSE')).toBe(readFileSync(join(import.meta.dirname, '../../../LICENSE'), 'utf8'))
    expect(read('README.md')).toMatch(new RegExp(`^# ${name}\\n`))
  })

  test('lists every entry in exports, and contains each', () => {
    const { exports = {}, bin = {} } = manifest
    expect(exports['./package.json']).toBe('./package.json')
    for (const [entry, target] of Object.entries(exports)) {
      const targets = typeof target === 'string' ? [target] : Object.values(target)
      for (const file of targets) expect(files, `${entry} of exports`).toContain(posix.normalize(file))
      if (typeof target === 'string') continue
      // Conditions are matched in order. The types of older compilers come first, and the condition that always matches
      // is last.
      const conditions = Object.keys(target)
      expect(conditions.at(-1), entry).toBe('default')
      expect(conditions.at(-2), entry).toBe('types')
      expect(target['types'], entry).toBe(target['default']?.replace(/\.js$/, '.d.ts'))
    }
    // Only tools without `exports` read `main` and `types`. We support none of these tools.
    for (const field of ['main', 'module', 'types', 'typings', 'typesVersions'])
      expect(manifest).not.toHaveProperty(field)
    for (const file of Object.values(bin)) expect(read(posix.normalize(file))).toMatch(/^#!\/usr\/bin\/env node\n/)
  })

  test('declares which files have side effects', () => {
    const { sideEffects } = manifest
    expect(sideEffects).toBeDefined()
    if (Array.isArray(sideEffects)) for (const file of sideEffects) expect(files).toContain(posix.normalize(file))
  })

  test('contains the source map of each compiled file, and its source', () => {
    const compiled = files.filter((file) => /^dist\/.*(\.d\.ts|\.js)$/.test(file))
    expect(compiled.length).toBeGreaterThan(0)
    for (const file of compiled) {
      // A module with exports only has no line that comes from a source.
      if (!/^(?!import|export|\/\/|$)/m.test(read(file))) continue
      expect(read(file).trimEnd(), file).toMatch(new RegExp(`sourceMappingURL=${posix.basename(file)}\\.map$`))
      const map = JSON.parse(read(`${file}.map`))
      expect(map.sources.length, file).toBeGreaterThan(0)
      for (const [index, source] of map.sources.entries()) {
        const path = posix.join(posix.dirname(file), map.sourceRoot ?? '', source)
        // A bundled third-party source is included in the source map.
        if (!files.includes(path)) expect(map.sourcesContent?.[index], `${file}.map: ${path}`).toBeTypeOf('string')
      }
    }
  })

  test('loads every module in dist by an entry', ({ skip }) => {
    skip(name === 'idle-shutdown', 'tsc emits the command, including modules that hold only types')
    const { exports = {}, bin = {} } = manifest
    const targets = [...Object.values(exports), ...Object.values(bin)]
    const entries = targets.map((target) => (typeof target === 'string' ? target : (target['default'] ?? '')))
    const loaded = new Set(entries.map((file) => posix.normalize(file)).filter((file) => file.endsWith('.js')))
    for (const file of loaded) {
      for (const [, path = ''] of read(file).matchAll(
        /(?:\bfrom|\bimport|\bimport\(|resolve\(|new URL\() ?['"](\.[^'"]+\.js)['"]/g,
      ))
        loaded.add(posix.join(posix.dirname(file), path))
    }
    expect([...loaded].sort()).toEqual(files.filter((file) => /^dist\/.*\.js$/.test(file)).sort())
  })

  test('contains the licence of each bundled package', () => {
    for (const file of files.filter((file) => /^dist\/.*\.js\.map$/.test(file))) {
      const map = JSON.parse(read(file))
      for (const source of map.sources) {
        const other = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1]
        if (other === undefined) continue
        const licence = new RegExp(`^/\\*!\\n${other} \\d[^]*?Copyright[^]*?WITHOUT WARRANTY[^]*?\\*/`, 'm')
        expect(read(file.replace(/\.map$/, '')), `${file} holds ${other}`).toMatch(licence)
      }
    }
  })

  test('contains each file that another imports by path', () => {
    for (const file of files.filter((file) => /\.(ts|js)$/.test(file))) {
      for (const [, path = ''] of read(file).matchAll(/(?:from|import) ['"](\.[^'"]+)['"]/g)) {
        const target = join(folder, dirname(file), path)
        // A declaration names the source from which it was made.
        const found = existsSync(target) || existsSync(target.replace(/\.ts$/, '.d.ts'))
        expect(found, `${file} imports ${path}`).toBe(true)
      }
    }
  })

  test('declares dependencies in ranges that npm understands, and peers in closed ranges', () => {
    for (const [dependency, range] of Object.entries(manifest.dependencies ?? {})) {
      expect(range, dependency).toMatch(/^\^\d+\.\d+\.\d+$/)
    }
    for (const [peer, range] of Object.entries(manifest.peerDependencies ?? {})) {
      if (!ours.has(peer)) expect(range, peer).toMatch(/^\^\d+\.\d+\.\d+( \|\| \^\d+\.\d+\.\d+)*$/)
    }
  })

  test('imports only what it depends on', () => {
    const known = [name, ...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.peerDependencies ?? {})]
    for (const file of files.filter((file) => /^dist\/.*\.(ts|js)$/.test(file))) {
      for (const [, module = ''] of read(file).matchAll(/(?:^import|\bfrom) ['"]([^'".\n][^'"\n]*)['"];?$/gm)) {
        if (module.startsWith('node:')) continue
        expect(known, `${file} imports ${module}`).toContain(
          module
            .split('/')
            .slice(0, module[0] === '@' ? 2 : 1)
            .join('/'),
        )
      }
    }
  })
})

test('need at most two packages of others, all together', async () => {
  const installed = await installAlone(join(inject('temp'), 'alone'), packed)
  const others = installed.filter((name) => !ours.has(name))
  expect(installed).toEqual(expect.arrayContaining([...ours]))
  expect(others.length, `installed were ${others.join(', ')}`).toBeLessThanOrEqual(2)
})
