import { expect, test } from 'vitest'
import { readArguments } from './arguments.ts'

const KNOWN = ['http', 'Express 4']

test('nothing said: a minute, 100,000 inputs, every subject, any seed', () => {
  expect(readArguments([], KNOWN)).toEqual({
    length: 60_000,
    inputs: 100_000,
    seed: expect.any(Number),
    subjects: KNOWN,
    help: false,
  })
})

test('everything said', () => {
  const args = ['--length', '90s', '--inputs', '5', '--seed', '7', '--subject', 'Express 4']
  expect(readArguments(args, KNOWN)).toMatchObject({ length: 90_000, inputs: 5, seed: 7, subjects: ['Express 4'] })
})

test.each([
  [['--length', '1x'], "--length is '1x'; accepted is a duration from 1s to 1d"],
  [['--length', '0'], "--length is '0'"],
  [['--inputs', '-'], "--inputs is '-'; accepted is a whole number"],
  [['--seed', '1.5'], "--seed is '1.5'; accepted is a whole number"],
  [['--subject', 'Hapi'], "--subject is 'Hapi'; accepted is one of 'http', 'Express 4'"],
  [['--lenght', '1m'], 'accepted are --length, --inputs, --seed and --subject'],
])('%j is refused', (args, message) => {
  expect(() => readArguments(args, KNOWN)).toThrow(message)
})
