import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rememberRequest, requestLabel, streamLabel } from './request-label.ts'

describe('names a request by its method and path', () => {
  test.each([
    ['GET', '/', 'GET /'],
    ['POST', '/reset-password?token=SECRET', 'POST /reset-password'],
    ['GET', '/?SECRET', 'GET /'],
    ['GET', '/a#SECRET', 'GET /a'],
    ['GET', '/a;jsessionid=SECRET/b?SECRET', 'GET /a/b'],
    ['GET', 'http://user:SECRET@host.example/path?SECRET', 'GET /path'],
    ['GET', 'HTTP://user:SECRET@host.example', 'GET /'],
    ['GET', 'http://user:SECRET@host.example?SECRET', 'GET /'],
    ['OPTIONS', '*', 'OPTIONS *'],
    ['CONNECT', 'host.example:443', 'CONNECT host.example:443'],
    ['CONNECT', 'user:SECRET@host.example:443', 'CONNECT host.example:443'],
    ['GET', '/a\u001b[2J\nb', 'GET /a\\u001b[2J\\nb'],
    ['GET', '/?a\nSECRET', 'GET /'],
    ['GET', '', 'GET /'],
    [undefined, undefined, '? /'],
  ])('%s %j', (method, url, label) => {
    expect(requestLabel({ method, url })).toBe(label)
  })

  test('names a request by its whole path under a router of Express', () => {
    expect(requestLabel({ method: 'GET', url: '/x', originalUrl: '/api/x?SECRET' })).toBe('GET /api/x')
  })

  test('cuts a long path', () => {
    const label = requestLabel({ method: 'GET', url: `/${'a'.repeat(16_000)}` })
    expect(label).toHaveLength(120)
    expect(label).toMatch(/^GET \/a+…$/)
  })

  test('never contains a query, user or password', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '/', '.', '\n', '%', '=', '&', ':') })
    fc.assert(
      fc.property(fc.constantFrom('', 'http://u:SECRET@host'), part, part, (origin, path, query) => {
        const label = requestLabel({ method: 'GET', url: `${origin}/${path}?${query}SECRET${query}` })
        expect(label).not.toContain('SECRET')
        expect(label).not.toMatch(/\p{Cc}/u)
      }),
    )
  })
})

describe('names a stream by its request', () => {
  const stream = (headers: Parameters<typeof rememberRequest>[1]) => {
    const made = { destroyed: false }
    rememberRequest(made, headers)
    return streamLabel(made)
  }

  test.each([
    [{ ':method': 'GET', ':path': '/export?token=SECRET' }, 'GET /export'],
    [{ ':method': 'CONNECT', ':authority': 'host.example:443' }, 'CONNECT host.example:443'],
    [{ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat?token=SECRET' }, 'CONNECT /chat'],
  ])('%j', (headers, label) => {
    expect(stream(headers)).toBe(label)
  })

  test('names a stream whose begin was not seen', () => {
    expect(streamLabel({ destroyed: false })).toBe('? /')
  })
})
