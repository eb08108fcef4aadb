import { expect, test } from 'vitest'
import { growth } from './growth.ts'

test('a straight line: its slope, without an error', () => {
  expect(growth([0, 1, 2, 3].map((x) => [x, 5 + 7 * x]))).toEqual({ slope: 7, error: 0 })
})

test('samples that scatter: an error that covers the slope', () => {
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
] as const)('too little to say anything: %j', (samples) => {
  expect(growth(samples)).toEqual({ slope: 0, error: Infinity })
})
