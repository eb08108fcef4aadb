import { expect, it } from 'vitest'
import { count, milliseconds, seconds } from './figures.ts'

it('writes durations in seconds, never below zero', () => {
  expect([seconds(2149), seconds(0), seconds(-3)]).toEqual(['2.1 s', '0.0 s', '0.0 s'])
})

it('writes durations in milliseconds', () => {
  expect([milliseconds(3004.4), milliseconds(0.2)]).toEqual(['3,004 ms', '0 ms'])
})

it('counts with a noun in the singular or the plural', () => {
  expect([count(0, 'request'), count(1, 'request'), count(1234, 'request')]).toEqual([
    '0 requests',
    '1 request',
    '1,234 requests',
  ])
})
