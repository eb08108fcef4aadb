import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endedByItself, Program } from '@idle-shutdown/testing'
import { afterAll, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
// The folder is inside the workspace, so that imports resolve.
const folder = join(import.meta.dirname, '../../.snippets')
mkdirSync(folder, { recursive: true })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The major versions under which a framework's snippets are run. */
const majors: Readonly<Record<string, readonly string[]>> = {
  express: ['express4', 'express'],
  fastify: ['fastify4', 'fastify'],
  koa: ['koa2', 'koa'],
}

describe.each([
  'README.md',
  'packages/core/README.md',
  'packages/express/README.md',
  'packages/fastify/README.md',
  'packages/koa/README.md',
  'packages/activation/README.md',
  'docs/what-counts-as-idle.md',
  'docs/closing.md',
])('%s', (page) => {
  const snippets = [...readFileSync(join(root, page), 'utf8').matchAll(/```js\n(.*?)```/gs)].map(
    ([, code = '']) => code,
  )
  expect(snippets.length).toBeGreaterThan(0)

  const variants = snippets.flatMap((snippet, index) => {
    const framework = Object.keys(majors).find((name) => new RegExp(`['"]${name}['"]`).test(snippet))
    const versions = framework === undefined ? ['node'] : (majors[framework] ?? [])
    return versions.map((version) => ({ name: `snippet ${index + 1}, ${version}`, snippet, framework, version }))
  })

  test.concurrent.each(variants)(
    '$name: ends by itself with 0 without a request',
    async ({ name, snippet, framework, version }) => {
      const code = snippet
        .replaceAll(`'15m'`, `'300ms'`)
        .replaceAll('3000', '0')
        .replaceAll(new RegExp(`(['"])${framework}\\1`, 'g'), `'${version}'`)
        // Koa 2 is CommonJS without a default export.
        .replace(version === 'koa2' ? '{ default: Koa }' : /$^/, 'Koa')
      expect(code).toMatch(/300ms/)
      const extension = /\brequire\(/.test(code) ? 'cjs' : 'mjs'
      const file = join(folder, `${page.replaceAll(/\W/g, '-')}-${name.replaceAll(/\W+/g, '-')}.${extension}`)
      writeFileSync(file, code)
      expect(await new Program([file]).ended).toMatchObject(endedByItself)
    },
  )
})
