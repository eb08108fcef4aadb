import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The fields of a package.json that the tests read. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly type?: string
  readonly license?: string
  readonly description?: string
  readonly keywords?: readonly string[]
  readonly engines?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly bin?: Readonly<Record<string, string>>
  readonly files?: readonly string[]
  readonly sideEffects?: boolean | readonly string[]
  readonly scripts?: Readonly<Record<string, string>>
  readonly publishConfig?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A published package, as a user gets it. */
export interface Packed {
  readonly name: string
  readonly tarball: string
  /** The tarball's content. */
  readonly folder: string
}

const shell = process.platform === 'win32'
const packages = join(import.meta.dirname, '../../packages')

/** Packs every package that is not private into `folder`, as for publishing. The packages must have been built. */
export function pack(folder: string): Packed[] {
  const names = readdirSync(packages)
    .map((directory) => readManifest(join(packages, directory)))
    .filter((manifest) => manifest.private !== true)
    .map(({ name }) => name)
  const filters = names.map((name) => `--filter=${name}`)
  execFileSync('pnpm', ['--recursive', ...filters, 'pack', '--pack-destination', folder], {
    cwd: packages,
    shell,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return names.map((name) => {
    const flat = name.replace('@', '').replace('/', '-')
    const file = readdirSync(folder).find((file) => file.startsWith(flat) && /^-\d/.test(file.slice(flat.length)))
    if (file === undefined) throw new Error(`${name} was not packed into ${folder}`)
    const content = join(folder, flat)
    mkdirSync(content)
    execFileSync('tar', ['-xzf', join(folder, file), '-C', content])
    return { name, tarball: join(folder, file), folder: join(content, 'package') }
  })
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
