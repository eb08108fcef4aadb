import { expect, it } from 'vitest'
import { type Result, verdict } from './result.ts'

const GOOD: Result = {
  name: 'Express',
  sent: 700,
  answered: 700,
  losses: [],
  patience: 3000,
  idleAfter: 3004,
  drain: 4,
  ending: { exit: 0, byItself: true },
  notes: [],
}

it('reports success if nothing was lost and every server ended by itself with 0', () => {
  expect(verdict([GOOD, GOOD])).toBe('None of 1,400 requests was lost, and each server ended by itself with code 0.')
})

it.each<[Partial<Result>, string]>([
  [
    { answered: 699, losses: ['GET /: socket hang up'] },
    'Failed: Express lost 1 of 700 requests (GET /: socket hang up).',
  ],
  [{ answered: 699 }, 'Failed: Express left 1 request without an answer.'],
  [{ ending: { exit: 1, byItself: true } }, 'Failed: Express ended by itself with code 1.'],
  [{ ending: { exit: 0, byItself: false } }, 'Failed: Express had to be ended with code 0.'],
  [{ ending: { exit: null, byItself: true } }, 'Failed: Express could not start.'],
  [
    { answered: 0, losses: ['GET /: a', 'GET /: b'], ending: { exit: 'SIGKILL', byItself: false } },
    'Failed: Express lost 2 of 700 requests (GET /: a) and had to be ended with SIGKILL.',
  ],
])('names the fault: %j', (fault, sentence) => {
  expect(verdict([GOOD, { ...GOOD, ...fault }])).toBe(sentence)
})
