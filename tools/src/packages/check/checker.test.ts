import { expect, it, test } from 'vitest'
import { checkCommand, chooseChecker } from './checker.ts'

it('runs publint and attw strictly', () => {
  expect(checkCommand('publint', 'a.tgz')).toEqual({ command: 'publint', args: ['run', 'a.tgz', '--strict'] })
  expect(checkCommand('attw', 'a.tgz')).toEqual({
    command: 'attw',
    args: [
      ...['a.tgz', '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm'],
      ...['--format', 'table-flipped'],
    ],
  })
})

test.each([['publint'], ['attw']])('accepts %s', (name) => {
  expect(chooseChecker([name])).toBe(name)
})

test.each([[[]], [['lint']], [['publint', 'attw']], [['--publint']]])(
  'refuses %j before a package is packed',
  (args) => {
    expect(() => chooseChecker(args)).toThrow(expect.objectContaining({ code: 'TOOLS_ARGUMENT' }))
  },
)
