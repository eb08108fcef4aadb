import { expect, test } from 'vitest'
import { Random } from './random.ts'

test('the same name returns the same numbers, and another name others', () => {
  const draw = (name: string): number[] => {
    const random = new Random(name)
    return Array.from({ length: 50 }, () => random.next())
  }
  expect(draw('1/http/cycle 1')).toEqual(draw('1/http/cycle 1'))
  expect(draw('1/http/cycle 1')).not.toEqual(draw('1/http/cycle 2'))
})

test('numbers reach their bounds and do not exceed them', () => {
  const random = new Random('bounds')
  const drawn = Array.from({ length: 1000 }, () => random.between(-4, 4))
  expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([-4, 4])
  expect(new Set(drawn).size).toBe(9)
  expect(random.bytes(100)).toHaveLength(100)
  expect(random.chance(0)).toBe(false)
  expect(random.chance(1)).toBe(true)
})
