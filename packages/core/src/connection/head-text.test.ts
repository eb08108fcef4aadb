import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endOfHead, type Head, holdsRequestLine, isFollowed } from './head-text.ts'

/** A head in two forms: as the client sends it, and as Node parses it. */
interface Sent {
  readonly text: string
  readonly head: Head
}

function sent(method: string, url: string, fields: readonly (readonly [string, string])[]): Sent {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`)
  const headers = Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value.trim()]))
  const rawHeaders = fields.flatMap(([name, value]) => [name, value.trim()])
  return {
    text: `${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n`,
    head: { method, url, httpVersion: '1.1', headers, rawHeaders },
  }
}

const GET = sent('GET', '/a', [
  ['Host', 'localhost'],
  ['X-Note', ' one: two  three '],
  ['Accept', '*/*'],
])
/** Has a line that the other head begins with, too. */
const NEXT = sent('GET', '/a', [['Host', 'localhost']])

const name = fc.constantFrom('Host', 'Accept', 'X-A', 'Cookie')
const value = fc.string({ unit: fc.constantFrom('a', ' ', ':', ',', '=', '/', 'HTTP/1.1', '\t'), maxLength: 12 })
const anyHead = fc
  .tuple(fc.constantFrom('GET', 'HEAD'), fc.constantFrom('/', '/a?b=c:d', '*'), fc.array(fc.tuple(name, value)))
  .map((parts) => sent(...parts))

describe('a head that is cut', () => {
  test('ends with the last of two chunks, wherever it is cut', () => {
    for (let cut = 0; cut < GET.text.length; cut++) {
      const chunk = GET.text.slice(cut)
      expect(endOfHead(chunk, GET.head, 0), JSON.stringify(chunk)).toBe(chunk.length)
      expect(isFollowed(chunk, chunk.length, GET.head)).toBe(false)
    }
  })

  test('any head, cut anywhere, alone or before a further request → found, and so is the further one', () => {
    fc.assert(
      fc.property(anyHead, anyHead, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (one, two, cut) => {
        const rest = one.text.slice(Math.floor(cut * one.text.length))
        expect(endOfHead(rest, one.head, 0)).toBe(rest.length)
        const chunk = rest + two.text
        expect(endOfHead(chunk, one.head, 0)).toBe(rest.length)
        expect(isFollowed(chunk, rest.length, one.head)).toBe(true)
        expect(endOfHead(chunk, two.head, rest.length)).toBe(chunk.length)
        expect(isFollowed(chunk, chunk.length, two.head)).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a chunk with several heads', () => {
  test('the same request twice, the first cut anywhere → each is found behind the other', () => {
    for (let cut = 0; cut < GET.text.length; cut++) {
      const rest = GET.text.slice(cut)
      const chunk = rest + GET.text
      expect(endOfHead(chunk, GET.head, 0), JSON.stringify(rest)).toBe(rest.length)
      expect(endOfHead(chunk, GET.head, rest.length)).toBe(chunk.length)
    }
  })

  test('a further one of which only the beginning has arrived → followed', () => {
    for (let cut = 1; cut < NEXT.text.length; cut++)
      expect(isFollowed(GET.text + NEXT.text.slice(0, cut), GET.text.length, GET.head)).toBe(true)
  })

  test('empty lines behind a head → not followed', () => {
    expect(isFollowed(`${GET.text}\r\n\r\n`, GET.text.length, GET.head)).toBe(false)
  })

  test('a head behind the rest of a body → found', () => {
    const chunk = `rest of a body\r\n\r\nmore${GET.text}`
    expect(endOfHead(chunk, GET.head, 0)).toBe(chunk.length)
  })

  test('a url that a router has shortened → found by the rest of the head', () => {
    expect(endOfHead(GET.text, { ...GET.head, url: '/' }, 0)).toBe(GET.text.length)
  })

  test('another request → not found', () => {
    expect(endOfHead(GET.text, NEXT.head, 0)).toBeUndefined()
  })

  test('64 kB of line feeds before a head → searched within a second', () => {
    const chunk = '\n'.repeat(65_536) + GET.text
    const before = performance.now()
    expect(endOfHead(chunk, GET.head, 0)).toBe(2)
    expect(endOfHead(chunk, GET.head, 2)).toBe(chunk.length)
    expect(performance.now() - before).toBeLessThan(1000)
  })
})

describe('a body in the same chunk', () => {
  const post = sent('POST', '/', [['Content-Length', '10']])
  const chunked = sent('POST', '/', [['Transfer-Encoding', 'chunked']])
  const bodies: [string, Sent, string][] = [
    ['of a known length', post, '0123456789'],
    ['of a known length that looks like a request', post, 'a\r\n\r\nGET /'],
    ['in chunks', chunked, '3\r\nabc\r\nA;x=y\r\n\r\n\r\n0123\r\n\r\n0\r\n\r\n'],
    ['in chunks, with trailers', chunked, '1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n'],
  ]

  test.each(bodies)(
    '%s → not followed by itself, whole or cut, and followed by a request',
    (_, { text, head }, body) => {
      for (let cut = 0; cut <= body.length; cut++)
        expect(isFollowed(text + body.slice(0, cut), text.length, head)).toBe(false)
      expect(isFollowed(text + body + GET.text, text.length, head)).toBe(true)
    },
  )

  test('behind a line feed that ends an earlier body → followed, though its body hides what follows', () => {
    for (const { text, head } of [post, chunked])
      for (const before of ['\n', '\r\n', '\r\n\r\n', '\nmore'])
        for (const behind of ['', '0123456789', '0\r\n\r\n', GET.text]) {
          const chunk = before + text + behind
          expect(isFollowed(chunk, endOfHead(chunk, head, 0) ?? 0, head), JSON.stringify(chunk)).toBe(true)
        }
  })

  test.each<[string, boolean]>([
    [`rest of a body${GET.text}`, true],
    ['GET / HTTP/1.0\n\n', true],
    ['rest of a body\r\n\r\nGET /a', false],
    ['speaks of HTTP/1.1\r\n', true],
    ['speaks of HTTP/1.1, and goes on', false],
  ])('chunk that begins in a body: %j → a request line: %s', (chunk, expected) => {
    expect(holdsRequestLine(chunk)).toBe(expected)
  })
})
