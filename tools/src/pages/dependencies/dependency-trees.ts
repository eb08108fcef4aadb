import type { Installed, Manifest } from './manifest.ts'

/** The most packages of others that all packages together may use. */
export const LIMIT = 2

/** The reason for each package of others, by its name. */
export type Reasons = Readonly<Record<string, string>>

/** The installed packages below the published ones. */
export interface Trees {
  /** For each published package its name, and a line for each package below it. */
  readonly trees: readonly string[]
  /** The packages of others, each once, in the order of the trees. */
  readonly others: readonly Manifest[]
}

/**
 * Returns what npm installs for each published package, and what is bundled in it: a devDependency with a reason.
 *
 * @param find returns the package that a package in a folder would load by a name
 */
export function dependencyTrees(
  published: readonly Installed[],
  reasons: Reasons,
  find: (folder: string, name: string) => Installed,
): Trees {
  const ours = new Set(published.map(({ manifest }) => manifest.name))
  const others = new Map<string, Manifest>()

  const below = ({ folder, manifest: owner }: Installed, indent: string): string => {
    const bundled = ours.has(owner.name) ? owner.devDependencies.filter((name) => Object.hasOwn(reasons, name)) : []
    const names = [...owner.dependencies, ...bundled]
    return names
      .map((name, index) => {
        const last = index === names.length - 1
        const found = find(folder, name)
        if (!ours.has(name)) others.set(name, found.manifest)
        const version = ours.has(name) ? '' : ` ${found.manifest.version}`
        const line = `${indent}${last ? '└── ' : '├── '}${name}${version}${bundled.includes(name) ? ', bundled' : ''}\n`
        return line + below(found, `${indent}${last ? '    ' : '│   '}`)
      })
      .join('')
  }

  const trees = published.map((each) => `${each.manifest.name}\n${below(each, '')}`)
  return { trees, others: [...others.values()] }
}

/**
 * Returns a problem for each package without a reason, for each reason without a package, and for too many packages.
 */
export function checkReasons(others: readonly Manifest[], reasons: Reasons): string[] {
  const names = others.map(({ name }) => name)
  return [
    ...names.filter((name) => !Object.hasOwn(reasons, name)).map((name) => `${name} has no reason in reasons.json`),
    ...Object.keys(reasons)
      .filter((name) => !names.includes(name))
      .map((name) => `reasons.json has a reason for ${name}, which is not a dependency`),
    ...(names.length > LIMIT
      ? [`at most ${LIMIT} packages of others are allowed. Found ${names.length}: ${names.join(', ')}`]
      : []),
  ]
}
