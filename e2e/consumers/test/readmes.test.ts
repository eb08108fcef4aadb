import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { endedByItself, Program } from '@idle-shutdown/testing'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { bundling } from '../bundle.ts'
import { consumer } from '../installs.ts'

// Snippets that a reader of the README on npm pastes into a folder with only the packages from npm.
const snippets = inject('packed').flatMap(({ name, folder }) =>
  [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/```js\n(.*?)```/gs)].map(([, code = ''], index) => ({
    name: `${name}, snippet ${index + 1}`,
    kind: /\brequire\(/.test(code) ? ('cjs' as const) : ('mjs' as const),
    code: code.replaceAll(`'15m'`, `'300ms'`).replaceAll('3000', '0'),
  })),
)

let home = ''
beforeAll(async () => {
  home = await consumer(inject('temp'), inject('packed'), 'now')
})

test('finds snippets of ES modules and CommonJS', () => {
  expect(new Set(snippets.map(({ kind }) => kind))).toEqual(new Set(['mjs', 'cjs']))
})

test.concurrent.each(snippets)('$name: ends by itself with 0 without a request', async ({ name, kind, code }) => {
  expect(await new Program([written(name, kind, code)]).ended).toMatchObject(endedByItself)
})

describe('CommonJS, bundled by esbuild', () => {
  // esbuild wraps required modules, so `require()` does not return the function itself there. A named export works.
  test.concurrent.each(snippets.filter(({ kind }) => kind === 'cjs'))('$name', async ({ name, kind, code }) => {
    const folder = join(inject('temp'), 'bundled-readmes', flat(name))
    const args = bundling(home, 'esbuild', written(name, kind, code), folder, kind)
    await promisify(execFile)(process.execPath, args, { cwd: home })
    expect(await new Program([join(folder, 'app.cjs')]).ended).toMatchObject(endedByItself)
  })
})

function written(name: string, kind: 'cjs' | 'mjs', code: string): string {
  const folder = join(home, 'readmes')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${flat(name)}.${kind}`)
  writeFileSync(file, code)
  return file
}

function flat(name: string): string {
  return name.replaceAll(/\W+/g, '-')
}
