import { describe, expect, it, test } from 'vitest'
import type { Framework } from '../../matrix/declared.ts'
import type { Test } from '../../reports/test-report.ts'
import { chooseFrameworks } from './choose-frameworks.ts'
import { judgeMinors, projectArguments, showNext } from './minor-verdict.ts'

const ran = (top: string, passed = true, skipped = false): Test => {
  const titles = [top, 'answers']
  const file = 'packages/koa/test/conformance.test.ts'
  return { file, titles, name: [file, ...titles].join(' › '), passed, skipped }
}

const next = { name: 'Koa 4', instead: 'koa', version: '4.0.0-alpha.1' }
const koa: Framework = {
  package: 'koa',
  majors: [
    { name: 'Koa 2', alias: 'koa2', first: '2.13.0' },
    { name: 'Koa 3', alias: 'koa', first: '3.0.0' },
  ],
  next,
}
const express: Framework = { package: 'express', majors: [{ name: 'Express 5', alias: 'express', first: '5.0.0' }] }
const both = [ran('Koa 2 over http'), ran('Koa 3 over http')]

describe('judgeMinors', () => {
  it('passes when each major has tests, and all pass', () => {
    expect(judgeMinors([koa], both, 0)).toEqual({
      passed: 2,
      failed: 0,
      lines: ['Koa 2, 2.13.0: 1 passed, 0 failed', 'Koa 3, 3.0.0: 1 passed, 0 failed'],
    })
  })

  it('fails when a major has no test', () => {
    expect(judgeMinors([koa], [ran('Koa 2 over http')], 0)).toMatchObject({ passed: 1, failed: 1 })
    expect(judgeMinors([koa], [], 0)).toMatchObject({ passed: 0, failed: 2 })
  })

  test.each([
    ['fails', false],
    ['is skipped', true],
  ])('fails when a test %s, and names it', (_what, skipped) => {
    const { failed, lines } = judgeMinors([koa], [...both, ran('Koa 3 over h2', false, skipped)], 0)
    expect(failed).toBe(1)
    expect(lines).toContain('Koa 3, 3.0.0: 1 passed, 1 failed')
    expect(lines).toContain('  packages/koa/test/conformance.test.ts › Koa 3 over h2 › answers')
  })

  it('fails when a file does not load, or the run fails without a failed test', () => {
    const broken: Test = { file: 'a.test.ts', titles: [], name: 'a.test.ts', passed: false, skipped: false }
    expect(judgeMinors([koa], [...both, broken], 1)).toMatchObject({ passed: 2, failed: 1 })
    expect(judgeMinors([koa], both, 1)).toMatchObject({ passed: 2, failed: 1 })
    expect(judgeMinors([koa], both, null)).toMatchObject({ passed: 2, failed: 1 })
  })
})

it('shows how many tests pass with a version that may fail', () => {
  const tests = [ran('Koa 3'), ran('koa 3', false), ran('Koa 2')]
  expect(showNext(next, koa.majors, tests)).toBe('Koa 4, 4.0.0-alpha.1, which is allowed to fail: 1 of 2 pass')
})

it('runs the projects of the chosen adapters', () => {
  expect(projectArguments(chooseFrameworks([], [express, koa]))).toEqual(['--project', 'express', '--project', 'koa'])
  expect(projectArguments(chooseFrameworks(['koa'], [express, koa]))).toEqual(['--project', 'koa'])
})

test.each([['kao'], ['--koa']])('refuses %s before a test runs', (argument) => {
  expect(() => chooseFrameworks([argument], [express, koa])).toThrow(
    expect.objectContaining({ code: 'TOOLS_ARGUMENT', message: expect.stringContaining('[express] [koa]') }),
  )
})
