import { expect, test } from 'vitest'
import { answerTo, pathOf, specOf } from './request-spec.ts'

const spec = { id: 17, size: 3, delay: 4, spin: 5 }

test('a path holds the whole spec', () => {
  expect(specOf(pathOf(spec))).toEqual(spec)
})

test.each([undefined, '', '/', '*', '/17', `${pathOf(spec)}0&more=1`, `/x${pathOf(spec)}`])(
  'the path %s holds no spec',
  (path) => {
    expect(specOf(path)).toBeUndefined()
  },
)

test('a response names its request and the length of the body of that request', () => {
  expect(answerTo(spec, 9)).toBe('answer to 17, which had 9 bytes\nxxx')
})
