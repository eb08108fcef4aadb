import { describe, expect, it } from 'vitest'
import { fit, hasColours, type Line, render, widthOf } from './line.ts'

const LINE: Line = ['ab', ['green', 'cd'], 'ef']

describe('hasColours', () => {
  it.each([
    ['a terminal', true, {}, true],
    ['a pipe', false, {}, false],
    ['a pipe in CI', false, { CI: 'true' }, false],
    ['a dumb terminal', true, { TERM: 'dumb' }, false],
    ['NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['FORCE_COLOR', false, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
    ['NO_COLOR and FORCE_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('%s', (_name, isTTY, env, expected) => {
    expect(hasColours({ isTTY }, env)).toBe(expected)
  })
})

it('renders with colours, and without a single escape code', () => {
  expect(render(LINE, true)).toBe('ab\x1b[32mcd\x1b[39mef')
  expect(render(LINE, false)).toBe('abcdef')
})

it.each([
  [6, 'abcdef'],
  [5, 'abcd…'],
  [3, 'ab…'],
  [1, '…'],
  [0, ''],
])('fits into %d columns', (width, text) => {
  const fitting = fit(LINE, width)
  expect(render(fitting, false)).toBe(text)
  expect(widthOf(fitting)).toBe(text.length)
})
