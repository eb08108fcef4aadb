import type { Published } from '../published.ts'

/**
 * Returns the problems of a release: several versions, a package whose version did not change, or a changelog without
 * an entry for the version. Without changesets, only several versions are a problem.
 *
 * @param changesets the number of changesets that the release takes
 * @param changelogOf returns the changelog of a package, or `undefined` if there is none
 */
export function checkRelease(
  before: readonly Published[],
  after: readonly Published[],
  changesets: number,
  changelogOf: (published: Published) => string | undefined,
): string[] {
  const versions = [...new Set(after.map(({ version }) => version))]
  const problems = versions.length === 1 ? [] : [`packages have several versions: ${versions.join(', ')}`]
  if (changesets === 0) return problems
  for (const published of after) {
    const { name, version } = published
    if (before.some((old) => old.name === name && old.version === version))
      problems.push(`${name} still has version ${version}`)
    const changelog = changelogOf(published)
    if (changelog === undefined) problems.push(`${name} has no changelog`)
    else if (!changelog.includes(`## ${version}\n`))
      problems.push(`the changelog of ${name} has no entry for ${version}`)
  }
  return problems
}

/** Returns the changesets among the files of the folder `.changeset`. */
export function changesetsIn(files: readonly string[]): string[] {
  return files.filter((file) => file.endsWith('.md') && file !== 'README.md')
}
