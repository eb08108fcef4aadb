import { expect, test } from 'vitest'
import { readProfile } from './load-profile.ts'

test('the load is short unless IDLE_LENGTH names another', () => {
  expect(readProfile()).toEqual(readProfile('short'))
})

test('the full load is 10,000 requests over 500 starts under systemd, and 10,000 of clients that keep their connections', () => {
  const profile = readProfile('full')
  expect(profile.systemd).toEqual({ requests: 10_000 / 4, starts: 500 / 4 })
  expect(profile.kept * 4 + profile.curl).toBe(10_000)
})

test('another length is rejected', () => {
  expect(() => readProfile('endless')).toThrow('IDLE_LENGTH must be short or full. Received endless')
})
