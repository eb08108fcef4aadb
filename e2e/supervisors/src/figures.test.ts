import { expect, test } from 'vitest'
import { Figures, quantile } from './figures.ts'

test('counts answered and lost requests by the state of the server at that time', async () => {
  const figures = new Figures()
  await figures.count(Promise.resolve({ server: 'a', asleep: true, firstByte: 90 }))
  await figures.count(Promise.resolve({ server: 'a', asleep: false, firstByte: 1 }))
  await figures.count(Promise.reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })))
  expect(figures).toMatchObject({ sent: 3, answered: 2, lost: 1, asleep: [90], awake: [1] })
  expect(figures.losses).toEqual(['ECONNRESET: read ECONNRESET'])
})

test.each([
  [[], 0.5, undefined],
  [[7], 0.99, 7],
  [[4, 1, 3, 2], 0.5, 2],
  [Array.from({ length: 100 }, (_, index) => index + 1), 0.99, 99],
])('the quantile of %j at %d is %d', (values, share, expected) => {
  expect(quantile(values, share)).toBe(expected)
})
