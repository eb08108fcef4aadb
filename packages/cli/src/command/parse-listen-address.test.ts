import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { showListenAddress } from '../listen-address.ts'
import { parseListenAddress } from './parse-listen-address.ts'

test.each([
  ['3000', { port: 3000 }],
  [':3000', { port: 3000 }],
  ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
  ['localhost:65535', { host: 'localhost', port: 65_535 }],
  ['[::1]:3000', { host: '::1', port: 3000 }],
  ['[fe80::1%eth0]:3000', { host: 'fe80::1%eth0', port: 3000 }],
  ['/run/web.sock', { path: resolve('/run/web.sock') }],
  ['unix:/run/web.sock', { path: resolve('/run/web.sock') }],
  ['./web.sock', { path: resolve('web.sock') }],
  ['\\\\.\\pipe\\web', { path: '\\\\.\\pipe\\web' }],
])('%s', (text, address) => {
  expect(parseListenAddress('--listen', text)).toEqual(address)
})

test.each(['0', '65536', '-1', 'web', 'web.sock', '::1:3000', '[::1]', 'host:', 'http:80:80', '1e3', ''])(
  '%s is refused',
  (text) => {
    expect(() => parseListenAddress('--listen', text)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining('--listen') }),
    )
  },
)

test.each(['3000', '127.0.0.1:80', '[::1]:3000', resolve('/run/web.sock')])('shows %s as it was written', (text) => {
  expect(showListenAddress(parseListenAddress('--listen', text))).toBe(text)
})
