import { expect, test } from 'vitest'
import { isAllowedHost } from './host-header.ts'

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
])('allows the host %s', (header) => {
  expect(isAllowedHost(header, 'status.example.com')).toBe(true)
})

test.each([
  '',
  ':3001',
  'evil.example:3001',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'a b:c',
  'status.example.com.evil',
])('refuses the host %j', (header) => {
  expect(isAllowedHost(header, 'status.example.com')).toBe(false)
  expect(isAllowedHost(header, undefined)).toBe(false)
})
