import { expect, test } from 'vitest'
import { isOwnHost } from './own-host.ts'

test.each([
  undefined,
  '127.0.0.1:3001',
  '127.0.0.1',
  '192.0.2.7:3001',
  '[::1]:3001',
  '[::1]',
  'localhost:3001',
  'LOCALHOST',
  'localhost.',
  'app.localhost:3001',
  'web:3001',
  'status.example.com:3001',
])('%s is its own', (header) => {
  expect(isOwnHost(header, 'status.example.com')).toBe(true)
})

test.each([
  '',
  ':3001',
  'evil.example:3001',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'a b:c',
  'status.example.com.evil',
])('%j is not', (header) => {
  expect(isOwnHost(header, 'status.example.com')).toBe(false)
  expect(isOwnHost(header, undefined)).toBe(false)
})
