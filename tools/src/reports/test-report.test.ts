import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { JsonValue } from '../command/json-value.ts'
import { countsOf, readTestReport, testsIn } from './test-report.ts'

type Assertion = [title: string, status: string, error?: string]

/** Returns one file of a report, as vitest 4 writes it. */
const suite = (name: string, assertions: readonly Assertion[], failure?: string) => ({
  name: `/root/${name}`,
  status: failure !== undefined || assertions.some(([, status]) => status === 'failed') ? 'failed' : 'passed',
  message: failure ?? '',
  assertionResults: assertions.map(([title, status, error]) => ({
    ancestorTitles: ['group'],
    title,
    status,
    failureMessages: error === undefined ? [] : [error],
  })),
})

const read = (...testResults: unknown[]) => testsIn(new JsonValue({ testResults }, 'x.json'), '/root')

describe('testsIn', () => {
  it('returns each test with its file, titles and name', () => {
    expect(read(suite('packages/a/test/b.test.ts', [['works', 'passed']]))).toEqual([
      {
        file: 'packages/a/test/b.test.ts',
        titles: ['group', 'works'],
        name: 'packages/a/test/b.test.ts › group › works',
        passed: true,
        skipped: false,
      },
    ])
  })

  test.each(['skipped', 'pending', 'todo', 'disabled'])('counts a test whose status is %s as not passed', (status) => {
    expect(read(suite('a.test.ts', [['a', status]]))).toEqual([
      expect.objectContaining({ passed: false, skipped: true }),
    ])
  })

  it('keeps the first line of an error', () => {
    expect(read(suite('a.test.ts', [['a', 'failed', 'Error: no\n    at x']]))).toEqual([
      expect.objectContaining({ passed: false, skipped: false, error: 'Error: no' }),
    ])
  })

  it('counts a file that does not load as failed', () => {
    expect(read(suite('a.test.ts', [], 'Cannot find module'))).toEqual([
      { file: 'a.test.ts', titles: [], name: 'a.test.ts', passed: false, skipped: false, error: 'Cannot find module' },
    ])
  })

  it('counts a file whose hook fails as failed, although its tests passed or did not run', () => {
    const tests = [
      ...read(suite('a.test.ts', [['a', 'passed']], 'hook')),
      ...read(suite('b.test.ts', [['b', 'skipped']], '')),
    ]
    expect(tests.filter(({ passed, skipped }) => !passed && !skipped).map(({ name, error }) => [name, error])).toEqual([
      ['a.test.ts', 'hook'],
      ['b.test.ts', 'the file failed, and vitest names no error'],
    ])
  })

  it('counts a file once when one of its tests and a hook failed', () => {
    expect(read(suite('a.test.ts', [['a', 'failed', 'x']], 'hook'))).toHaveLength(1)
  })
})

describe('countsOf', () => {
  const passed = read(suite('a.test.ts', [['a', 'passed']]))
  const failed = read(suite('a.test.ts', [['a', 'failed']]))
  const skipped = read(suite('a.test.ts', [['a', 'skipped']]))

  test.each([
    ['all pass', passed, 0, { passed: 1, failed: 0 }],
    ['a test fails', [...passed, ...failed], 1, { passed: 1, failed: 1 }],
    ['a test is skipped', [...passed, ...skipped], 0, { passed: 1, failed: 0 }],
    ['all pass and the run fails, as after an unhandled error', passed, 1, { passed: 1, failed: 1 }],
    ['a signal ends the run', passed, null, { passed: 1, failed: 1 }],
    ['all are skipped', skipped, 0, { passed: 0, failed: 1 }],
    ['no test ran', [], 0, { passed: 0, failed: 1 }],
    ['a file does not load', [...passed, ...read(suite('b.test.ts', [], 'x'))], 1, { passed: 1, failed: 1 }],
  ])('when %s', (_when, tests, status, counts) => {
    expect(countsOf(tests, status)).toEqual(counts)
  })
})

describe('readTestReport', () => {
  const written = (content: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'idle-shutdown-report-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'x.json'), content)
    return join(folder, 'x.json')
  }

  test.each([
    ['is not JSON', '<html>', 'TOOLS_FILE_NOT_JSON'],
    ['was cut', '{ "testResults": [', 'TOOLS_FILE_NOT_JSON'],
    ['is empty', '', 'TOOLS_FILE_NOT_JSON'],
    ['is of another program', '{ "tests": [] }', 'TOOLS_FILE_SHAPE'],
    ['is a list', '[]', 'TOOLS_FILE_SHAPE'],
    ['lacks a status', '{ "testResults": [{ "name": "a", "assertionResults": [] }] }', 'TOOLS_FILE_SHAPE'],
    ['contains no test', '{ "testResults": [] }', 'TOOLS_REPORT_EMPTY'],
  ])('refuses a report that %s', (_what, content, code) => {
    expect(() => readTestReport(written(content))).toThrow(expect.objectContaining({ code }))
  })

  it('refuses a report that does not exist', () => {
    expect(() => readTestReport('missing.json')).toThrow(expect.objectContaining({ code: 'TOOLS_FILE_MISSING' }))
  })
})
