import { describe, expect, test } from 'vitest'
import { EVERYWHERE, fit, type Host, isLocal, isLoopbackOnly, overlap, REACH, reach } from './host.ts'

const on = (address: string | undefined, ipv6Only = false): Host => ({ address, ipv6Only })
const V6_ONLY = on('::', true)

describe('a server on a host, for a client that connected to an address', () => {
  test.each<[host: Host, local: string | undefined, expected: keyof typeof REACH]>([
    [EVERYWHERE, '203.0.113.7', 'all'],
    [EVERYWHERE, '2001:db8::1', 'all'],
    [on('::'), '::ffff:203.0.113.7', 'all'],
    [on('0.0.0.0'), '::ffff:203.0.113.7', 'all'],
    [on('0.0.0.0'), '2001:db8::1', 'no'],
    [on('0.0.0.0'), '::1', 'here'],
    [V6_ONLY, '203.0.113.7', 'no'],
    [V6_ONLY, '2001:db8::1', 'all'],
    [on('127.0.0.1'), '203.0.113.7', 'no'],
    [on('127.0.0.1'), '::ffff:203.0.113.7', 'no'],
    [on('127.0.0.1'), '127.0.0.1', 'exact'],
    [on('127.0.0.1'), '::ffff:127.0.0.1', 'exact'],
    [on('127.0.0.1'), '::1', 'here'],
    [on('localhost'), '::1', 'exact'],
    [on('localhost'), '203.0.113.7', 'no'],
    [on('::1'), '0:0:0:0:0:0:0:1', 'exact'],
    [on('10.8.0.1'), '203.0.113.7', 'no'],
    [on('10.8.0.1'), '10.8.0.1', 'exact'],
    [on('10.8.0.1'), '127.0.0.1', 'here'],
    [on('fe80::1%eth0'), 'fe80::1', 'exact'],
    [on('127.0.0.1'), '', 'no'],
    [on('127.0.0.1'), undefined, 'all'],
  ])('%o, %s: %s', (host, local, expected) => {
    expect(reach(host, local)).toBe(REACH[expected])
  })
})

test.each<[host: Host, held: string, expected: keyof typeof REACH]>([
  [EVERYWHERE, '127.0.0.1', 'all'],
  [on('127.0.0.1'), '127.0.0.1', 'exact'],
  [on('127.0.0.1'), '203.0.113.7', 'no'],
  // Held for all addresses: each client is decided on its own.
  [on('127.0.0.1'), '::', 'all'],
  [on('127.0.0.1'), '0.0.0.0', 'all'],
  [on('localhost'), '0.0.0.0', 'all'],
  [on('::1'), '0.0.0.0', 'here'],
  [V6_ONLY, '0.0.0.0', 'here'],
  [on('::1'), '127.0.0.1', 'here'],
])('a server on %o fits the held address %s: %s', (host, held, expected) => {
  expect(fit(host, held)).toBe(REACH[expected])
})

test.each<[one: Host, other: Host, expected: boolean]>([
  [EVERYWHERE, EVERYWHERE, true],
  [EVERYWHERE, on('127.0.0.1'), true],
  [on('0.0.0.0'), V6_ONLY, false],
  [on('0.0.0.0'), on('::'), true],
  [on('0.0.0.0'), on('::1'), false],
  [on('127.0.0.1'), on('127.0.0.1'), true],
  [on('127.0.0.1'), on('::1'), false],
  [on('127.0.0.1'), on('203.0.113.7'), false],
])('%o and %o at once are refused: %s', (one, other, expected) => {
  expect([overlap(one, other), overlap(other, one)]).toEqual([expected, expected])
})

test('knows the names and addresses of this machine', () => {
  expect(['localhost', '127.0.0.2', '::1', '::ffff:127.0.0.1'].every((address) => isLoopbackOnly(on(address)))).toBe(
    true,
  )
  expect(['0.0.0.0', '::', 'example.org', undefined].some((address) => isLoopbackOnly(on(address)))).toBe(false)
  expect([undefined, null, '', '0.0.0.0', '::', 'localhost'].every(isLocal)).toBe(true)
  expect(['203.0.113.7', 'example.org', 5].some(isLocal)).toBe(false)
})
