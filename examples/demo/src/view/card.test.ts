import { expect, it } from 'vitest'
import { bar } from './card.ts'
import { render } from './line.ts'

it.each([
  [1, 8, '━━━━━━━━'],
  [0.5, 8, '━━━━────'],
  [0, 8, '────────'],
  [1.2, 4, '━━━━'],
  [-1, 4, '────'],
  [0.5, 0, ''],
  [0.5, -6, ''],
])('fills %d of %d columns as %s', (fraction, width, text) => {
  expect(render(bar(fraction, width, 'green'), false)).toBe(text)
})
