import { expect, test } from 'vitest'
import { readArguments } from './arguments.ts'

const KNOWN = ['http', 'Express 4']

test('without arguments the soak takes a minute, 100,000 inputs, every subject and a random seed', () => {
  expect(readArguments([], KNOWN)).toEqual({
    length: 60_000,
    inputs: 100_000,
    seed: expect.any(Number),
    subjects: KNOWN,
    help: false,
  })
})

test('each argument replaces its default', () => {
  const args = ['--length', '90s', '--inputs', '5', '--seed', '7', '--subject', 'Express 4']
  expect(readArguments(args, KNOWN)).toMatchObject({ length: 90_000, inputs: 5, seed: 7, subjects: ['Express 4'] })
})

test.each([
  [['--length', '1x'], "--length must be a duration from 1s to 1d, such as 30s or 1m. Received '1x'"],
  [['--length', '0'], "Received '0'"],
  [['--inputs', '-'], "--inputs must be a whole number from 0. Received '-'"],
  [['--seed', '1.5'], "--seed must be a whole number from 0. Received '1.5'"],
  [['--subject', 'Hapi'], "--subject must be one of 'http', 'Express 4'. Received 'Hapi'"],
  [['--lenght', '1m'], '. The options are --length, --inputs, --seed and --subject'],
])('%j throws a usage error', (args, message) => {
  expect(() => readArguments(args, KNOWN)).toThrow(message)
})
