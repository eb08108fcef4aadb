import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type JsonValue, readJson } from '../../command/json-value.ts'

/** The parts of a package.json that the page shows. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly private: boolean
  readonly dependencies: readonly string[]
  readonly devDependencies: readonly string[]
  readonly peers: readonly { readonly name: string; readonly range: string; readonly optional: boolean }[]
}

/** A package, and the folder in which it is installed. */
export interface Installed {
  readonly folder: string
  readonly manifest: Manifest
}

/** Returns the published packages of the workspace. */
export function publishedPackages(): Installed[] {
  return readdirSync('packages')
    .map((directory) => installedIn(join('packages', directory)))
    .filter(({ manifest }) => !manifest.private)
}

/** Returns the package that Node would find when a package in this folder imports the name. */
export function findInstalled(folder: string, name: string): Installed {
  for (let up = realpathSync(folder); up !== dirname(up); up = dirname(up)) {
    const candidate = join(up, 'node_modules', name)
    if (existsSync(candidate)) return installedIn(realpathSync(candidate))
  }
  throw new Error(`${name} is not installed for ${folder}. Run pnpm install`)
}

/** Reads the parts of a package.json. */
export function readManifest(json: JsonValue): Manifest {
  const names = (kind: string): string[] => {
    const value = json.get(kind)
    return value.exists ? value.entries().map(([name]) => name) : []
  }
  const peers = json.get('peerDependencies')
  const meta = json.get('peerDependenciesMeta')
  return {
    name: json.get('name').text(),
    version: json.get('version').text(),
    license: json.get('license').exists ? json.get('license').text() : 'unknown',
    private: json.get('private').is(true),
    dependencies: names('dependencies'),
    devDependencies: names('devDependencies'),
    peers: (peers.exists ? peers.entries() : []).map(([name, range]) => ({
      name,
      range: range.text(),
      optional: meta.exists && meta.get(name).exists && meta.get(name).get('optional').is(true),
    })),
  }
}

function installedIn(folder: string): Installed {
  return { folder, manifest: readManifest(readJson(join(folder, 'package.json'), 'a package.json')) }
}
