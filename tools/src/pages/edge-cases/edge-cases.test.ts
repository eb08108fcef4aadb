import { describe, expect, it, test } from 'vitest'
import { ran } from '../../../test/ran.ts'
import type { Test } from '../../reports/test-report.ts'
import { countCases, edgeCasePage } from './edge-case-page.ts'
import { type Case, proveCases } from './prove-cases.ts'

const prove = (cases: Case[], tests: Test[]) => proveCases([{ group: 'Counting', cases }], tests)
const row: Case = { case: 'abort', must: 'released', tests: ['abort → released'] }
const passing = ran('packages/core/src/a.test.ts', ['abort → released'])

describe('proveCases', () => {
  it('finds no problem when each pattern matches a test that passed', () => {
    expect(prove([row], [passing, ran('b.test.ts', ['other'], { passed: false })]).problems).toEqual([])
  })

  it('fails when no test has the name', () => {
    expect(prove([row], []).problems).toEqual(['abort: no test is called “abort → released”'])
  })

  test.each([
    ['failed', { passed: false, skipped: false }],
    ['did not run', { passed: false, skipped: true }],
  ])('fails when one of several tests %s', (_what, changes) => {
    const bad = ran('packages/koa/test/conformance.test.ts', ['Koa 3 over http', 'abort → released'], changes)
    expect(prove([row], [passing, bad]).problems).toEqual([`abort: did not pass: ${bad.name}`])
  })

  it('fails when one of the patterns of a case matches nothing', () => {
    const two = { ...row, tests: [...row.tests, 'abort twice'] }
    expect(prove([two], [passing]).problems).toEqual(['abort: no test is called “abort twice”'])
  })

  it('fails when the file of the test does not load', () => {
    const broken = ran('packages/core/src/a.test.ts', [], { passed: false })
    expect(prove([row], [broken]).problems).toEqual(['abort: no test is called “abort → released”'])
  })

  it('fails when a case names no test', () => {
    expect(prove([{ ...row, tests: [] }], [passing]).problems).toEqual(['abort: names no test'])
  })
})

describe('edgeCasePage', () => {
  const page = (cases: Case[], tests: Test[]): string[] => edgeCasePage(prove(cases, tests).proven).split('\n')

  it('names a case in its first row only', () => {
    const cases = [{ ...row, tests: ['› one', '› two'] }]
    const lines = page(cases, [ran('bench/test/a.test.ts', ['one']), ran('bench/test/a.test.ts', ['two'])])
    expect(lines).toContain('| abort | released | one | [bench/a.test.ts](../bench/test/a.test.ts) |')
    expect(lines).toContain('|  |  | two | [bench/a.test.ts](../bench/test/a.test.ts) |')
  })

  it('counts the tests of a file, and escapes cells', () => {
    const cases = [{ case: 'a | b', must: '<c>', tests: ['x'] }]
    const lines = page(cases, [
      ran('packages/core/test/a.test.ts', ['x', '1']),
      ran('packages/core/test/a.test.ts', ['x', '2']),
    ])
    expect(lines).toContain('| a \\| b | &lt;c&gt; | x | [core/a.test.ts](../packages/core/test/a.test.ts) × 2 |')
  })

  it('uses one letter for each set of conformance subjects', () => {
    const on = (subject: string, title: string): Test => ran('packages/koa/test/conformance.test.ts', [subject, title])
    const tests = ['one', 'two'].flatMap((title) => [
      on('Koa 3 over http', title),
      on('Koa 3 over h2', title),
      on('http, on a unix socket', title),
    ])
    const cases = [
      { case: 'a', must: 'b', tests: ['one'] },
      { case: 'c', must: 'd', tests: ['two'] },
    ]
    const lines = page(cases, [...tests, on('Koa 3 over http', 'three')])
    expect(lines).toContain('| a | b | one | 3 × [A](#subjects) |')
    expect(lines).toContain('| c | d | two | 3 × [A](#subjects) |')
    expect(lines).toContain('- **A**: core (http on unix), Koa 3 (h2, http)')
    expect(lines).toContain('2 cases, proved by 6 tests on each version of Node.')
  })

  it('counts a test once when two patterns match it', () => {
    const { proven } = prove([row, { ...row, case: 'again' }], [passing])
    expect(countCases(proven)).toBe(2)
    expect(edgeCasePage(proven)).toContain('2 cases, proved by 1 tests')
  })
})
