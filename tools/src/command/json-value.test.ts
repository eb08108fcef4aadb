import { expect, it, test } from 'vitest'
import { JsonValue, parseJson, readJson } from './json-value.ts'

it('reads the members of objects and arrays', () => {
  const value = parseJson('{ "a": [{ "b": "c", "d": 1 }], "e": null }', 'x.json')
  expect(value.get('a').items()[0]?.get('b').text()).toBe('c')
  expect(value.get('a').items()[0]?.get('d').number()).toBe(1)
  expect(value.get('e').exists).toBe(false)
  expect(value.get('f').exists).toBe(false)
  expect(value.entries().map(([name]) => name)).toEqual(['a', 'e'])
})

test.each([
  ['an object', (value: JsonValue) => value.get('x')],
  ['an array', (value: JsonValue) => value.items()],
  ['a string', (value: JsonValue) => value.text()],
])('names the file, the place and the value when it is not %s', (accepted, read) => {
  const value = parseJson('{ "a": [{ "b": 5 }] }', 'x.json').get('a').items()[0]?.get('b')
  expect(() => read(value ?? new JsonValue(undefined, ''))).toThrow(
    expect.objectContaining({
      code: 'TOOLS_FILE_SHAPE',
      message: `"x.json: a[0].b" must be ${accepted}. Received 5`,
    }),
  )
})

it('names the file and its first characters when it is not JSON', () => {
  expect(() => parseJson('<html>', 'x.json', 'the JSON report of a run')).toThrow(
    expect.objectContaining({
      code: 'TOOLS_FILE_NOT_JSON',
      message: `The file must be the JSON report of a run. Received 'x.json', which starts with "<html>"`,
    }),
  )
})

it('names a file that does not exist', () => {
  expect(() => readJson('missing.json', 'the JSON report of a run')).toThrow(
    expect.objectContaining({
      code: 'TOOLS_FILE_MISSING',
      message: "The file must be the JSON report of a run. Received 'missing.json' (ENOENT)",
    }),
  )
})
