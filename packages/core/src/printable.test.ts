import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable } from './printable.ts'

test.each([
  ['GET /a b', 'GET /a b'],
  ['Größe 日本 🙂', 'Größe 日本 🙂'],
  ['a\nb', 'a\\nb'],
  ['a\r\nb', 'a\\u000d\\nb'],
  ['\u001b[2J', '\\u001b[2J'],
  ['\u009b2J\u007f\u0085', '\\u009b2J\\u007f\\u0085'],
  ['a\u2028b\u2029', 'a\\u2028b\\u2029'],
  ['\u202Egpj.exe', '\\u202egpj.exe'],
  ['C:\\new', 'C:\\new'],
])('prints %j as %j', (text, printed) => {
  expect(printable(text)).toBe(printed)
})

test('keeps every text in its line, and does not let it move the cursor', () => {
  const sign = fc.constantFrom('\n', '\r', '\t', '\u001b', '\u009b', '\u2028', '\u202e', '\\', 'a', '[', '2', 'J', '日')
  fc.assert(
    fc.property(fc.string({ unit: sign }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u)
    }),
  )
})
