import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'

// Each test starts vitest, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const REPORTERS = join(import.meta.dirname, 'reporters.ts')

interface Run {
  readonly code: number
  /** The lines of the reporter, which are the last ones. */
  readonly lines: readonly string[]
  /** The content of the file for the totals. */
  readonly totals: string
}

/** Runs vitest on test files, whose texts import nothing. */
async function run(files: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Run> {
  // The folder is inside the workspace, so that vitest is found.
  const parent = resolve('tools/.snippets')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'totals-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const config = `import { reporters } from ${JSON.stringify(REPORTERS)}
    export default { test: { globals: true, include: ['*.test.ts'], reporters: reporters() } }`
  for (const [name, text] of Object.entries({ 'vitest.config.ts': config, ...files }))
    writeFileSync(join(folder, name), text)
  const totals = join(folder, 'totals')
  const vitest = resolve('node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', ...args], {
    cwd: folder,
    env: { ...process.env, IDLE_TEST_REPORT: join(folder, 'report.json'), IDLE_TEST_TOTALS: totals, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  const lines = output.trimEnd().split('\n')
  return {
    code,
    lines: lines.filter((line, at) => /^(skipped|failed): /.test(line) || at === lines.length - 1),
    totals: readFileSync(totals, 'utf8'),
  }
}

test('the last line counts the tests, and the code is 0, when all pass', async () => {
  const files = { 'a.test.ts': `test('a', () => {}); test('b', () => {})` }
  expect(await run(files)).toEqual({ code: 0, lines: ['2 passed, 0 failed'], totals: '2 0\n' })
})

test('a skipped test is printed with its reason, and counts neither as passed nor as failed', async () => {
  const file = `test('a', () => {})
    describe('with inetd', () => test('b', ({ skip }) => skip('inetd is not installed')))
    test.skip('c', () => {})`
  expect(await run({ 'a.test.ts': file })).toEqual({
    code: 0,
    lines: [
      'skipped: a.test.ts > with inetd > b: inetd is not installed',
      'skipped: a.test.ts > c',
      '1 passed, 0 failed',
    ],
    totals: '1 0\n',
  })
})

test('a test that fails, a file that does not load, a failing hook and an error outside of tests count as one each', async () => {
  const { code, lines, totals } = await run({
    'test.test.ts': `test('a', () => {}); test('b', () => { throw new Error('no') })`,
    'load.test.ts': `throw new Error('no such program'); test('c', () => {})`,
    'hook.test.ts': `beforeAll(() => { throw new Error('not installed') }); test('d', () => {}); test('e', () => {})`,
    'group.test.ts': `describe('group', () => { beforeAll(() => { throw new Error('no port') }); test('f', () => {}) })`,
    'late.test.ts': `test('g', async () => {
      setTimeout(() => { throw new Error('too late') })
      await new Promise((resolve) => setTimeout(resolve, 100))
    })`,
  })
  expect({ code, totals, last: lines.at(-1) }).toEqual({ code: 1, totals: '2 5\n', last: '2 passed, 5 failed' })
  expect(lines.slice(0, -1).toSorted()).toEqual([
    'failed: group.test.ts > group: no port',
    'failed: hook.test.ts: not installed',
    'failed: load.test.ts: no such program',
    'failed: test.test.ts > b: no',
    'failed: too late',
  ])
})

test.each([
  ['every test is skipped', { 'a.test.ts': `test.skip('a', () => {})` }, ['skipped: a.test.ts > a'], []],
  ['no file is found', {}, [], ['--passWithNoTests']],
])('no test ran, which counts as a failure, when %s', async (_, files, skips, args) => {
  const lines = [...skips, 'failed: no test ran', '0 passed, 1 failed']
  expect(await run(files, ...args)).toEqual({ code: 1, lines, totals: '0 1\n' })
})

test('the tests that the wanted name excludes are not printed', async () => {
  const file = `test('a', () => {}); test('b', () => {}); test('not a', ({ skip }) => skip('inetd is not installed'))`
  const { lines } = await run({ 'a.test.ts': file }, '-t', 'a')
  expect(lines).toEqual(['skipped: a.test.ts > not a: inetd is not installed', '1 passed, 0 failed'])
})
