import { describe, expect, it } from 'vitest'
import { parseJson } from '../../command/json-value.ts'
import { dependencyPage } from './dependency-page.ts'
import { checkReasons, dependencyTrees, type Reasons } from './dependency-trees.ts'
import { type Installed, type Manifest, readManifest } from './manifest.ts'

const manifest = (name: string, changes: object = {}): Manifest =>
  readManifest(parseJson(JSON.stringify({ name, version: '1.0.0', license: 'MIT', ...changes }), 'package.json'))

const installed = (...args: Parameters<typeof manifest>): Installed => ({
  folder: `at/${args[0]}`,
  manifest: manifest(...args),
})

/** Returns the trees of the published packages among a set of installed ones. */
const trees = (published: Installed[], others: Installed[], reasons: Reasons) =>
  dependencyTrees(published, reasons, (_folder, name) => {
    const found = [...published, ...others].find((each) => each.manifest.name === name)
    if (found === undefined) throw new Error(`${name} is not installed`)
    return found
  })

const core = installed('core', { devDependencies: { ms: '^2', vitest: '^4' } })
const cli = installed('cli', { dependencies: { core: '^1', plugin: '^1' } })
const ms = installed('ms', { version: '2.0.2' })
const plugin = installed('plugin', { version: '6.0.1', dependencies: { leaf: '^1' }, devDependencies: { ms: '^1' } })
const leaf = installed('leaf')
const reasons = { ms: 'Parses.', plugin: 'Asked for.', leaf: 'Below.' }

describe('dependencyTrees', () => {
  it('lists dependencies of dependencies, and devDependencies with a reason as bundled', () => {
    const { trees: lines } = trees([core, cli], [ms, plugin, leaf], reasons)
    expect(lines).toEqual([
      'core\n└── ms 2.0.2, bundled\n',
      'cli\n├── core\n│   └── ms 2.0.2, bundled\n└── plugin 6.0.1\n    └── leaf 1.0.0\n',
    ])
  })

  it('lists each package of others once, and ignores their devDependencies', () => {
    const { others } = trees([core, cli], [ms, plugin, leaf], reasons)
    expect(others.map(({ name }) => name)).toEqual(['ms', 'plugin', 'leaf'])
  })
})

describe('checkReasons', () => {
  const { others } = trees([core, cli], [ms, plugin, leaf], reasons)

  it('fails when there are more than two packages of others', () => {
    expect(checkReasons(others, reasons)).toEqual([
      'at most 2 packages of others are allowed. Found 3: ms, plugin, leaf',
    ])
  })

  it('fails when a dependency has no reason', () => {
    expect(checkReasons([plugin.manifest], {})).toEqual(['plugin has no reason in reasons.json'])
  })

  it('fails when a reason has no dependency', () => {
    expect(checkReasons([ms.manifest], { ms: 'Parses.', gone: 'Old.' })).toEqual([
      'reasons.json has a reason for gone, which is not a dependency',
    ])
  })

  it('does not take a property of every object for a reason', () => {
    expect(checkReasons([manifest('constructor')], {})).toEqual(['constructor has no reason in reasons.json'])
  })
})

describe('dependencyPage', () => {
  it('shows trees, packages of others and peers', () => {
    const adapter = manifest('adapter', {
      peerDependencies: { express: '^4 || ^5', '@types/express': '^5' },
      peerDependenciesMeta: { '@types/express': { optional: true } },
    })
    const lines = dependencyPage([adapter], { trees: ['adapter\n'], others: [ms.manifest] }, reasons).split('\n')
    expect(lines).toContain('| `ms` | 2.0.2 | MIT | Parses. |')
    expect(lines).toContain('| `adapter` | `express` | `^4 \\|\\| ^5` |  |')
    expect(lines).toContain('| `adapter` | `@types/express` | `^5` | optional |')
  })
})

it('reads a manifest without dependencies', () => {
  expect(manifest('a', { private: true })).toEqual({
    name: 'a',
    version: '1.0.0',
    license: 'MIT',
    private: true,
    dependencies: [],
    devDependencies: [],
    peers: [],
  })
})
