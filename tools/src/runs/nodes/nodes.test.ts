import { describe, expect, it, test } from 'vitest'
import { trackedFiles } from '../../command/tracked-files.ts'
import { CORE_FILES, chooseRuns } from './choose-runs.ts'
import { environment, failuresIn } from './run-suite.ts'

const testFiles = trackedFiles(['packages/core', 'packages/conformance']).filter((file) => file.endsWith('.test.ts'))

const choose = (...args: string[]) => chooseRuns(args, ['20', '22', '24'], '22')
const part = ['core', 'conformance', 'express', 'fastify', 'koa', 'activation'].flatMap((name) => ['--project', name])

describe('chooseRuns', () => {
  test.each([
    [[], ['20', '22', '24'], []],
    [['--others'], ['20', '24'], []],
    [['22'], ['22'], []],
    [['22', '24', '--others'], ['24'], []],
    [['18'], ['18'], []],
    [['--part'], ['20', '22', '24'], part],
    [['--core', '24'], ['24'], expect.arrayContaining(['--project', 'conformance', 'core-http', 'node-internals'])],
    [['20', '--', 'countdown', '--part'], ['20'], ['countdown', '--part']],
    [
      ['--part', '--', '-t', 'x'],
      ['20', '22', '24'],
      [...part, '-t', 'x'],
    ],
  ])('with %j', (args, majors, vitest) => {
    expect(choose(...args)).toEqual({ majors, vitest })
  })

  it('refuses --part together with --core', () => {
    expect(() => choose('--part', '--core')).toThrow(expect.objectContaining({ code: 'TOOLS_ARGUMENT' }))
  })

  test.each(['--other', 'v22', 'countdown'])('refuses %s before a test runs', (argument) => {
    expect(() => choose('22', argument)).toThrow(
      expect.objectContaining({ code: 'TOOLS_ARGUMENT', message: expect.stringContaining(argument) }),
    )
  })
})

// vitest ignores a filter that matches no file, as long as another one matches.
test.each(CORE_FILES)('a test file is called %s', (name) => {
  expect(testFiles.filter((file) => file.includes(name))).not.toEqual([])
})

it('puts the given Node before the Node of pnpm', () => {
  expect(environment('/nodes/24/bin/node', '/usr/bin', 'x.json')).toEqual({
    PATH: '/nodes/24/bin:/usr/bin',
    IDLE_TEST_REPORT: 'x.json',
    npm_node_execpath: '/nodes/24/bin/node',
    NODE: '/nodes/24/bin/node',
  })
})

test.each(['Failed Tests 1', 'Failed Suites 1', 'Unhandled Errors'])('keeps the output from %s', (heading) => {
  expect(failuresIn(` ✓ a\n⎯⎯ ${heading} ⎯⎯\nError\n`)).toBe(`⎯⎯ ${heading} ⎯⎯\nError\n`)
  expect(failuresIn('vitest did not start\n')).toBe('vitest did not start\n')
})
