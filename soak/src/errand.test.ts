import { expect, test } from 'vitest'
import { answerTo, errandOf, pathOf } from './errand.ts'

const errand = { id: 17, size: 3, delay: 4, spin: 5 }

test('a path says the whole errand', () => {
  expect(errandOf(pathOf(errand))).toEqual(errand)
})

test.each([undefined, '', '/', '*', '/17', `${pathOf(errand)}0&more=1`, `/x${pathOf(errand)}`])(
  '%s is none',
  (path) => {
    expect(errandOf(path)).toBeUndefined()
  },
)

test('an answer tells which errand it is for, and how much came with it', () => {
  expect(answerTo(errand, 9)).toBe('answer to 17, which had 9 bytes\nxxx')
})
