import { expect, test } from 'vitest'
import { growth } from './growth.ts'

test('a straight line has its slope and no error', () => {
  expect(growth([0, 1, 2, 3].map((x) => [x, 5 + 7 * x]))).toEqual({ slope: 7, error: 0 })
})

test('the error covers the slope if samples scatter', () => {
  const { slope, error } = growth([0, 1, 2, 3, 4, 5].map((x) => [x, x % 2]))
  expect(Math.abs(slope)).toBeLessThan(error * 3)
})

test.each([
  [[]],
  [[[1, 1]]],
  [
    [
      [1, 1],
      [1, 2],
      [1, 3],
    ],
  ],
] as const)('the error is infinite for too few samples: %j', (samples) => {
  expect(growth(samples)).toEqual({ slope: 0, error: Infinity })
})
