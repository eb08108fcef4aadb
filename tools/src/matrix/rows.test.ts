import { describe, expect, it, test } from 'vitest'
import { ran } from '../../test/ran.ts'
import type { Test } from '../reports/test-report.ts'
import type { Framework } from './declared.ts'
import { companionRows, compilerRows, consumerRows, frameworkRows, nodeRows, resultOf, runtimeRows } from './rows.ts'

const FAILED = { passed: false }
const SKIPPED = { passed: false, skipped: true }
const BROKEN = ran('packages/core/test/a.test.ts', [], FAILED)
const core = ran('packages/core/test/a.test.ts', ['a'])

test.each([
  [{ result: 'passes' }, [core]],
  [{ result: 'fails', because: BROKEN.name }, [core, { ...core, ...SKIPPED }, BROKEN]],
  [{ result: 'was skipped', because: core.name }, [{ ...core, ...SKIPPED }, core]],
  [{ result: 'was not run' }, []],
])('returns %j', (result, tests) => {
  expect(resultOf(tests)).toEqual(result)
})

describe('nodeRows', () => {
  const results = (suite: Test[], ran: Parameters<typeof nodeRows>[3] = {}, here = false) =>
    nodeRows(['20', '22'], '20', suite, ran, here).map(({ version, result }) => [version, result])

  it('passes when the suite and the other majors pass', () => {
    const suite = [core, ran('a.test.ts', ['b'], SKIPPED)]
    expect(results(suite, { 22: { passed: 5, failed: 0 } })).toEqual([
      ['20', 'passes'],
      ['22', 'passes'],
    ])
  })

  test.each([
    ['a test fails', [core, ran('a.test.ts', ['b'], FAILED)], 'fails'],
    ['a file does not load', [core, BROKEN], 'fails'],
    ['each test is skipped', [ran('a.test.ts', ['b'], SKIPPED)], 'was not run'],
    [
      'a companion fails, which has its own row',
      [core, ran('e2e/processes/test/companions/a.test.ts', ['b'], FAILED)],
      'passes',
    ],
  ])('when %s on the current major', (_when, suite, result) => {
    expect(results(suite)[0]).toEqual(['20', result])
  })

  test.each([
    ['a test fails', { 22: { passed: 5, failed: 1 } }, false, 'fails'],
    ['no test ran', { 22: { passed: 0, failed: 0 } }, false, 'fails'],
    ['the report lacks the major', { 24: { passed: 5, failed: 0 } }, false, 'was not run'],
    ['another job runs the major', {}, true, 'not run here'],
    ['the major ran here nevertheless, and failed', { 22: { passed: 5, failed: 1 } }, true, 'fails'],
  ])('when %s on another major', (_when, ran, here, result) => {
    expect(results([core], ran, here)[1]).toEqual(['22', result])
  })
})

describe('runtimeRows', () => {
  const limit = { what: '', sees: '', on: ['http'], behaviours: ['cut'] }
  const deno = { name: 'Deno', package: 'deno@2.9.6', command: [], notes: [], limits: [limit] }
  const result = (subject: string, outcomes: { name: string; error?: string }[], version = '2.9.6') =>
    runtimeRows([deno], [{ name: 'Deno', version, subjects: [{ subject, outcomes }] }]).map((row) => row.result)

  it('passes when each failure is a declared limit', () => {
    expect(result('http', [{ name: 'a' }, { name: 'cut', error: 'x' }])).toEqual(['passes'])
  })

  it('fails when a behaviour fails without a limit, or with a limit of another subject', () => {
    expect(result('http', [{ name: 'a', error: 'x' }])).toEqual(['fails'])
    expect(result('h2', [{ name: 'cut', error: 'x' }])).toEqual(['fails'])
  })

  it('was not run when the report has another version, another runtime or no outcome', () => {
    expect(result('http', [{ name: 'a' }], '2.9.5')).toEqual(['was not run'])
    expect(result('http', [])).toEqual(['was not run'])
    expect(runtimeRows([deno], [])).toEqual([expect.objectContaining({ version: '2.9.6', result: 'was not run' })])
  })
})

describe('frameworkRows', () => {
  const koa: Framework = {
    package: 'koa',
    majors: [
      { name: 'Koa 2', alias: 'koa2', first: '2.13.0' },
      { name: 'Koa 3', alias: 'koa', first: '3.0.0' },
    ],
  }
  const on = (title: string, changes: Partial<Test> = {}): Test =>
    ran('packages/koa/test/conformance.test.ts', [title, 'a'], changes)
  const rows = (suite: Test[], minors: Test[], frameworks = [koa]) =>
    frameworkRows(frameworks, suite, minors, (framework, alias) => `last of ${framework}/${alias}`).map(
      ({ group, version, result }) => [group, version, result],
    )
  const both = [on('Koa 2 over http'), on('Koa 3 over http')]

  it('passes when the first and the last version of each major pass', () => {
    expect(rows(both, both)).toEqual([
      ['Koa 2', '2.13.0', 'passes'],
      ['Koa 2', 'last of koa/koa2', 'passes'],
      ['Koa 3', '3.0.0', 'passes'],
      ['Koa 3', 'last of koa/koa', 'passes'],
    ])
  })

  it('was not run when a supported major has no test on its first version', () => {
    expect(rows(both, [on('Koa 3 over http')])[0]).toEqual(['Koa 2', '2.13.0', 'was not run'])
  })

  it('was not run when only another adapter has tests with that title', () => {
    expect(rows([ran('packages/express/test/a.test.ts', ['Koa 3', 'a'])], both)[3]?.[2]).toBe('was not run')
  })

  it('fails or was skipped when a test of the major fails or is skipped, and keeps the other rows', () => {
    expect(rows([...both, on('Koa 3 over h2', FAILED)], both).map(([, , result]) => result)).toEqual([
      'passes',
      'passes',
      'passes',
      'fails',
    ])
    expect(rows(both, [...both, on('Koa 2', SKIPPED)])[0]?.[2]).toBe('was skipped')
  })

  it('says that a version may fail which the peer range excludes', () => {
    const next = { name: 'Koa 4', instead: 'koa', version: '4.0.0-alpha.1' }
    expect(rows(both, both, [{ ...koa, next }]).at(-1)).toEqual(['Koa 4', '4.0.0-alpha.1', 'may fail'])
  })
})

describe('companionRows', () => {
  const companions = [
    { name: 'ws', tests: 'websockets.test.ts › ws ›' },
    { name: 'node:test', tests: 'runners.test.ts › node:test' },
    { name: 'nodemon', tests: 'watchers.test.ts › nodemon' },
  ]
  const rows = (...suite: Test[]) =>
    companionRows(companions, suite, (name) => `version of ${name}`).map(({ version, result }) => [version, result])
  const ws = ran('e2e/processes/test/companions/websockets.test.ts', ['ws', 'a'])

  it('was skipped when the test of a companion is skipped, as without its package', () => {
    expect(rows(ws)[0]).toEqual(['version of ws', 'passes'])
    expect(rows({ ...ws, ...SKIPPED })[0]).toEqual(['version of ws', 'was skipped'])
  })

  it('was not run when no test, or only the file itself, has the name', () => {
    expect(rows(ran('e2e/processes/test/companions/websockets.test.ts', [], FAILED))[0]?.[1]).toBe('was not run')
  })

  it('shows no version for a part of Node', () => {
    expect(rows().map(([version]) => version)).toEqual(['version of ws', '', 'version of nodemon'])
  })
})

it('returns a row for each compiler, by the title that vitest quotes', () => {
  const tests = [ran('typescript.test.ts', ["'ts54'", 'a']), ran('typescript.test.ts', ["'ts55'", 'a'], FAILED)]
  const compilers = ['ts54', 'ts55', 'ts56'].map((alias) => [alias, `npm:typescript@5.${alias.at(-1)}.0`] as const)
  expect(compilerRows(compilers, tests).map(({ version, result }) => [version, result])).toEqual([
    ['5.4.0', 'passes'],
    ['5.5.0', 'fails'],
    ['5.6.0', 'was not run'],
  ])
})

it('returns a row for each way of building, with and without majors', () => {
  const consumers = [
    { name: 'ES modules', tests: 'ES module' },
    { name: 'ES modules and rolldown', tests: 'ES module, bundled by rolldown', tool: 'rolldown' },
  ]
  const tests = [
    ran('consumers.test.ts', ['ES module: express']),
    ran('consumers.test.ts', ['ES module, majors before: koa'], FAILED),
    ran('consumers.test.ts', ['ES module, bundled by rolldown: express']),
  ]
  expect(
    consumerRows(consumers, tests, (tool) => `1 of ${tool}`).map(({ version, result }) => [version, result]),
  ).toEqual([
    ['', 'fails'],
    ['1 of rolldown', 'passes'],
  ])
})
