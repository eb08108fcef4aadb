import { expect, it } from 'vitest'
import type { Result } from '../result/result.ts'
import { render } from './line.ts'
import { table } from './table.ts'

const GOOD: Result = {
  name: 'Express',
  sent: 1463,
  answered: 1463,
  losses: [],
  patience: 3000,
  idleAfter: 3004.6,
  drain: 4.2,
  ending: { exit: 0, byItself: true },
  notes: [],
}
const HUNG: Result = {
  ...GOOD,
  name: 'Koa',
  answered: 1462,
  losses: ['GET /: socket hang up'],
  idleAfter: undefined,
  drain: undefined,
  ending: { exit: 'SIGKILL', byItself: false },
}

const text = (results: Result[], width: number): string =>
  table(results, width)
    .map((line) => render(line, false))
    .join('\n')

it('aligns the figures', () => {
  expect(text([GOOD, HUNG], 80)).toBe(
    [
      '  server    sent  answered  lost  idle after  patience  drain     exit',
      '  Express  1,463     1,463     0    3,005 ms  3,000 ms   4 ms        0',
      '  Koa      1,463     1,462     1           –  3,000 ms      –  SIGKILL',
    ].join('\n'),
  )
})

it('draws a block for each server if the terminal is too narrow', () => {
  expect(text([GOOD, HUNG], 40)).toBe(
    [
      '  server      Express',
      '  sent        1,463',
      '  answered    1,463',
      '  lost        0',
      '  idle after  3,005 ms',
      '  patience    3,000 ms',
      '  drain       4 ms',
      '  exit        0',
      '',
      '  server      Koa',
      '  sent        1,463',
      '  answered    1,462',
      '  lost        1',
      '  idle after  –',
      '  patience    3,000 ms',
      '  drain       –',
      '  exit        SIGKILL',
    ].join('\n'),
  )
})
