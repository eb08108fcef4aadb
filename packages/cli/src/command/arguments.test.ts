import { describe, expect, test } from 'vitest'
import { Arguments } from './arguments.ts'

describe('the beginning of the command', () => {
  test.each([
    ['--listen 3000 -- npm start'],
    ['--listen 3000 npm start'],
    ['--listen=3000 --json npm start'],
    ['-l 3000 -q -- npm start'],
    ['-ql 3000 npm start'],
  ])('run %s', (line) => {
    const args = new Arguments('run', line.split(' '))
    expect(args.command).toEqual(['npm', 'start'])
    expect(args.one('listen')).toBe('3000')
  })

  test('the command gets the options behind it, and a second --', () => {
    const args = new Arguments('run', ['-l', '1', 'node', '--listen', '2', '--json', '--', '-q'])
    expect(args.command).toEqual(['node', '--listen', '2', '--json', '--', '-q'])
    expect(args.all('listen')).toEqual(['1'])
    expect(args.has('json')).toBe(false)
  })

  test('the command is empty when none is given', () => {
    expect(new Arguments('run', ['--listen', '3000']).command).toEqual([])
    expect(new Arguments('run', ['--listen', '3000', '--']).command).toEqual([])
  })
})

test('an option that may be given several times is a list', () => {
  const args = new Arguments('run', ['--listen', '1', '--env', 'A=1', '--listen', '2', '--env=B=2'])
  expect(args.all('listen')).toEqual(['1', '2'])
  expect(args.all('env')).toEqual(['A=1', 'B=2'])
  expect(args.all('ignore')).toEqual([])
})

describe('refused, with a sentence and exit code 2', () => {
  test.each([
    ['run', '--patince 5s', 'unknown option --patince'],
    ['run', '-x', 'unknown option -x'],
    ['run', '--write /tmp', 'unknown option --write'],
    ['systemd', '--json', 'unknown option --json'],
    ['run', '--listen', '"--listen" must have a value. Write --listen ADDRESS'],
    ['run', '--listen=', '"--listen" must have a value'],
    ['run', '--listen --json -- x', '"--listen" must have a value'],
    ['run', '--json=yes', `"--json" must be given without a value. Received 'yes'`],
    ['run', '--patience 5s --patience 6s', '"--patience" must be given once'],
    ['run', '--json --json', '"--json" must be given once'],
  ] as const)('%s %s', (subcommand, line, message) => {
    expect(() => new Arguments(subcommand, line.split(' '))).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
    )
  })
})
