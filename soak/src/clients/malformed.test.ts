import { describe, expect, test } from 'vitest'
import { malformedHttp1 } from './malformed-http1.ts'
import { beginning, malformedHttp2 } from './malformed-http2.ts'
import { Random } from './random.ts'

describe.each([
  ['HTTP/1', malformedHttp1],
  ['HTTP/2', malformedHttp2],
  ['the beginning of HTTP/2', beginning],
])('%s', (_, make) => {
  const inputs = (seed: string): string[] => {
    const random = new Random(seed)
    return Array.from({ length: 500 }, () => make(random))
  }

  test('the same seed makes the same inputs', () => {
    expect(inputs('1')).toEqual(inputs('1'))
    expect(inputs('1')).not.toEqual(inputs('2'))
  })

  test('each character is a byte', () => {
    for (const input of inputs('1')) expect(Buffer.from(input, 'latin1').toString('latin1')).toBe(input)
  })
})
