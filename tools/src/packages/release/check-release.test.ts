import { expect, it } from 'vitest'
import { changesetsIn, checkRelease } from './check-release.ts'

const packages = (version: string, koa = version) => [
  { name: '@idle-shutdown/core', version, folder: 'packages/core' },
  { name: '@idle-shutdown/koa', version: koa, folder: 'packages/koa' },
]

const changelog = (): string => '# a\n\n## 1.1.0\n\n### Minor changes\n'

it('accepts one new version with a changelog for each package', () => {
  expect(checkRelease(packages('1.0.0'), packages('1.1.0'), 1, changelog)).toEqual([])
})

it('accepts the old version when there is no changeset', () => {
  expect(checkRelease(packages('1.0.0'), packages('1.0.0'), 0, () => undefined)).toEqual([])
})

it('fails when a package keeps its version', () => {
  expect(checkRelease(packages('1.1.0'), packages('1.1.0'), 1, changelog)).toEqual([
    '@idle-shutdown/core still has version 1.1.0',
    '@idle-shutdown/koa still has version 1.1.0',
  ])
})

it('fails when packages have several versions, or none is published', () => {
  expect(checkRelease([], packages('1.1.0', '2.0.0'), 0, changelog)).toEqual([
    'packages have several versions: 1.1.0, 2.0.0',
  ])
  expect(checkRelease([], [], 0, changelog)).toEqual(['packages have several versions: '])
})

it('fails when a changelog is missing, or has no entry for the version', () => {
  expect(
    checkRelease([], packages('1.1.0'), 1, ({ name }) => (name.endsWith('core') ? undefined : '## 1.1.0-rc\n')),
  ).toEqual(['@idle-shutdown/core has no changelog', 'the changelog of @idle-shutdown/koa has no entry for 1.1.0'])
})

it('counts the changesets, but neither the README nor the configuration', () => {
  expect(changesetsIn(['README.md', 'config.json', 'one-two.md'])).toEqual(['one-two.md'])
})
