import { expect, it, test } from 'vitest'
import { readArguments } from './read-arguments.ts'

const read = (...args: string[]) =>
  readArguments('pnpm x [--check] [--suite FILE] [REPORT]', args, {
    allowPositionals: true,
    options: { check: { type: 'boolean', default: false }, suite: { type: 'string' } },
  })

it('returns options and positional arguments, and drops the -- that pnpm passes on', () => {
  const { values, positionals } = read('--', '--suite=a.json', 'b.json', '--check')
  expect({ ...values }).toEqual({ check: true, suite: 'a.json' })
  expect(positionals).toEqual(['b.json'])
})

test.each([
  ['--chekc', "Unknown option '--chekc'"],
  ['--check=yes', "Option '--check' does not take an argument"],
  ['--suite', "Option '--suite <value>' argument missing"],
])('refuses %s, and names what is accepted', (argument, fault) => {
  expect(() => read(argument)).toThrow(
    expect.objectContaining({
      code: 'TOOLS_ARGUMENT',
      message: `${fault}. Usage: pnpm x [--check] [--suite FILE] [REPORT]`,
    }),
  )
})

it('refuses a positional argument when the command accepts none', () => {
  expect(() => readArguments('pnpm y', ['a.json'], {})).toThrow(expect.objectContaining({ code: 'TOOLS_ARGUMENT' }))
})
