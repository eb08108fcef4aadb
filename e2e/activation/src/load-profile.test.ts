import { expect, test } from 'vitest'
import { readArguments } from './load-profile.ts'

test('is short, and runs everything, without arguments', () => {
  expect(readArguments([])).toEqual(readArguments(['--length', 'short']))
  expect(readArguments([])?.only).toBe('')
})

test('is 10,000 requests over 500 starts under systemd, and 10,000 of clients that keep their connections, with --length full', () => {
  const profile = readArguments(['--length', 'full'])?.profile
  expect(profile?.systemd).toEqual({ requests: 10_000 / 4, starts: 500 / 4 })
  expect((profile?.kept ?? 0) * 4 + (profile?.curl ?? 0)).toBe(10_000)
})

test.each([[['--length', 'endless']], [['--lenght', 'full']], [['full']]])('rejects %j', (args) => {
  expect(readArguments(args)).toBeUndefined()
})
