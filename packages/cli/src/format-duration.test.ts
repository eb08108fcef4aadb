import { expect, test } from 'vitest'
import { formatDuration } from './format-duration.ts'

test.each([
  [0, '0 ms'],
  [312.4, '312 ms'],
  [1000, '1 s'],
  [4210, '4.2 s'],
  [59_960, '1 min'],
  [200_000, '3 min 20 s'],
  [3_600_000, '1 h'],
  [7_500_000, '2 h 5 min'],
  [273_600_000, '3 d 4 h'],
  [Number.POSITIVE_INFINITY, 'forever'],
])('%d ms', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
