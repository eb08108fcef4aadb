import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { compilers, consumer, type Majors } from '../installs.ts'

// Every supported compiler with its consumers. The types of Node 26 need TypeScript 5.6 or later.
const matrix = [
  { compiler: 'typescript-5.4', majors: ['before', 'oldest-types'], requires: false },
  { compiler: 'typescript-5.9', majors: ['before', 'now'], requires: true },
  { compiler: 'typescript-6', majors: ['before', 'now'], requires: true },
  { compiler: 'typescript-7', majors: ['before', 'now'], requires: true },
] as const

const packed = inject('packed')
const folders = new Map<Majors, string>()
let installed: ReadonlyMap<string, string> = new Map()

beforeAll(async () => {
  const all: readonly Majors[] = ['now', 'before', 'oldest-types']
  const consumers = all.map(async (majors) => folders.set(majors, await consumer(inject('temp'), packed, majors)))
  installed = await compilers()
  await Promise.all(consumers)
})

test('tests every compiler of the manifest', () => {
  expect([...installed.keys()]).toEqual(matrix.map(({ compiler }) => compiler))
})

test.each(matrix)('$compiler has the version of its name', async ({ compiler }) => {
  const { version } = JSON.parse(readFileSync(join(tsc(compiler), '../../package.json'), 'utf8'))
  expect(`typescript-${version}`.startsWith(`${compiler}.`)).toBe(true)
})

describe.each(matrix)('$compiler', ({ compiler, majors: each, requires }) => {
  const combinations = each.flatMap((majors) =>
    (['node16', 'nodenext', 'bundler'] as const).flatMap((resolution) =>
      [true, false].map((strict) => ({ majors, resolution, strict, strictness: strict ? 'strict' : 'not strict' })),
    ),
  )

  test.concurrent.each(combinations)(
    '$resolution, $strictness, majors $majors',
    async ({ majors, resolution, strict }) => {
      const options = {
        module: resolution === 'bundler' ? 'esnext' : resolution,
        moduleResolution: resolution,
        strict,
        skipLibCheck: false,
        target: 'es2022',
        types: 'node',
        noEmit: true,
        esModuleInterop: true,
      }
      const flags = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)])
      // Without `strict`, also tests the DOM's own AbortSignal, which is in a compiler's default libraries.
      if (strict) flags.push('--lib', 'es2022')
      const programs = ['activation', 'core', 'express', 'fastify', 'koa'].map((name) => `types/${name}.ts`)
      // From TypeScript 5.8, `nodenext` knows that Node can require an ES module. `node16` does not.
      if (resolution !== 'bundler') {
        programs.push(`types-commonjs/${resolution === 'nodenext' && requires ? 'required' : 'refused'}.cts`)
        programs.push('types-commonjs/imported.cts')
      }
      expect(await output(majors, [tsc(compiler), ...flags, ...programs])).toBe('')
    },
  )
})

function tsc(compiler: string): string {
  return installed.get(compiler) ?? ''
}

/** Returns the output of the compiler, which is empty on success. */
function output(majors: Majors, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folders.get(majors) }, (error, stdout, stderr) => {
      resolve(error === null ? stdout : `${stdout}${stderr}` || error.message)
    })
  })
}
