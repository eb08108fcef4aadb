import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { endedByItself, Program } from '@idle-shutdown/testing'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { type Bundler, bundling } from '../bundle.ts'
import { compilers, consumer } from '../installs.ts'
import { readManifest } from '../packed.ts'

const packed = inject('packed')
const temp = inject('temp')
const programs = join(import.meta.dirname, '../programs')
const apps = readdirSync(join(programs, 'esm')).map((file) => file.replace('.ts', ''))

const packageOf = (app: string): string => (app === 'idle-shutdown' ? app : `@idle-shutdown/${app}`)

let now = ''
let before = ''
beforeAll(async () => {
  ;[now, before] = await Promise.all([consumer(temp, packed, 'now'), consumer(temp, packed, 'before')])
  const tsc = (await compilers()).get('typescript-7') ?? ''
  const modules = apps.map((app) => join(now, 'esm', `${app}.ts`))
  await compile(tsc, 'nodenext', 'nodenext', modules)
  await compile(tsc, 'bundler', 'esnext', modules)
  const commonjs = apps.map((app) => built(now, `${app}.cts`, join('esm', `${app}.ts`)))
  await compile(tsc, 'nodenext-commonjs', 'nodenext', commonjs)
})

test('tests every library', () => {
  const libraries = packed.filter(({ folder }) => '.' in (readManifest(folder).exports ?? {}))
  expect(libraries.map(({ name }) => name).sort()).toEqual(apps.map(packageOf).sort())
})

describe.each(apps)('%s', (app) => {
  // Each way of building returns a file that Node runs.
  const builds: Record<string, () => Promise<string> | string> = {
    'ES module': () => built(now, `${app}.mjs`, join('esm', `${app}.ts`)),
    'ES module, majors before': () => built(before, `${app}.mjs`, join('esm', `${app}.ts`)),
    'CommonJS require': () => join(now, 'cjs', `${app}.cjs`),
    'CommonJS require, majors before': () => join(before, 'cjs', `${app}.cjs`),
    'TypeScript nodenext': () => join(now, 'nodenext', `${app}.js`),
    'TypeScript nodenext, to CommonJS': () => join(now, 'nodenext-commonjs', `${app}.cjs`),
    'TypeScript bundler, bundled by esbuild': () => bundled('esbuild', join('bundler', `${app}.js`), 'cjs'),
    'CommonJS, bundled by esbuild': () => bundled('esbuild', join('cjs', `${app}.cjs`), 'cjs'),
    'ES module, bundled by rolldown': () => bundled('rolldown', join('esm', `${app}.ts`), 'mjs'),
    'CommonJS, bundled by rolldown': () => bundled('rolldown', join('cjs', `${app}.cjs`), 'cjs'),
  }

  test.concurrent.each(Object.keys(builds))('%s: serves, and ends by itself with 0', async (name) => {
    const program = new Program([(await builds[name]?.()) ?? ''])
    const [, port] = await program.printed(/port (\d+)\n/)
    expect(await ask(Number(port))).toBe('Hello')
    expect(await program.ended).toMatchObject(endedByItself)
  })

  async function bundled(bundler: Bundler, source: string, extension: 'cjs' | 'mjs'): Promise<string> {
    // The folder is outside of the consumer's, so that unbundled modules are not found.
    const folder = join(temp, 'bundles', `${app}-${bundler}-${source.replaceAll(/\W/g, '-')}`)
    await run(bundling(now, bundler, join(now, source), folder, extension))
    return join(folder, `app.${extension}`)
  }
})

describe('every entry of every package', () => {
  const entries = packed.flatMap(({ name, folder }) =>
    Object.keys(readManifest(folder).exports ?? {}).map((entry) => `${name}${entry.slice(1)}`),
  )

  test.concurrent.each(entries)('%s can be imported and required', async (entry) => {
    const json = entry.endsWith('.json') ? `, { with: { type: 'json' } }` : ''
    const code = `import { createRequire } from 'node:module'
      await import('${entry}'${json})
      createRequire(import.meta.url)('${entry}')`
    const file = join(now, `${entry.replaceAll(/\W/g, '-')}.mjs`)
    writeFileSync(file, code)
    expect(await new Program([file]).ended).toMatchObject({
      ...endedByItself,
      stderr: expect.not.stringContaining('rror'),
    })
  })
})

test.each(['express', 'fastify', 'koa'])('require() of %s returns the function itself', async (adapter) => {
  const file = join(now, `itself-${adapter}.cjs`)
  writeFileSync(file, `console.log(typeof require('@idle-shutdown/${adapter}'))`)
  expect(await new Program([file]).ended).toMatchObject({ ...endedByItself, stdout: 'function\n' })
})

/** Compiles the programs into a folder of the consumer, with the strictest options. */
async function compile(tsc: string, outDir: string, module: string, sources: readonly string[]): Promise<void> {
  const moduleResolution = module === 'esnext' ? 'bundler' : module
  const options = {
    outDir,
    module,
    moduleResolution,
    target: 'es2023',
    types: 'node',
    strict: true,
    skipLibCheck: false,
  }
  const flags = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)])
  await run([tsc, ...flags, '--esModuleInterop', ...sources])
}

/** Runs a tool, and rejects with its output if it fails. */
function run(args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: now }, (error, stdout, stderr) => {
      if (error === null) resolve()
      else reject(new Error(`${error.message}\n${stdout}${stderr}`))
    })
  })
}

/** Copies a program to a name whose extension sets its module kind for Node and TypeScript. */
function built(folder: string, name: string, source: string): string {
  const target = join(folder, 'built')
  mkdirSync(target, { recursive: true })
  copyFileSync(join(folder, source), join(target, name))
  return join(target, name)
}

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, agent: false }, (response) => resolve(text(response))).on('error', reject)
  })
}
