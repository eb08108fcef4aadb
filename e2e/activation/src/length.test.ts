import { expect, test } from 'vitest'
import { readArguments } from './length.ts'

test('without arguments → short, and everything', () => {
  expect(readArguments([])).toEqual(readArguments(['--length', 'short']))
  expect(readArguments([])?.only).toBe('')
})

test('full → 10,000 requests over 500 starts under systemd, and 10,000 of clients that keep their connections', () => {
  const length = readArguments(['--length', 'full'])?.length
  expect(length?.systemd).toEqual({ requests: 10_000 / 4, starts: 500 / 4 })
  expect((length?.kept ?? 0) * 4 + (length?.curl ?? 0)).toBe(10_000)
})

test.each([[['--length', 'endless']], [['--lenght', 'full']], [['full']]])('%j → not understood', (args) => {
  expect(readArguments(args)).toBeUndefined()
})
