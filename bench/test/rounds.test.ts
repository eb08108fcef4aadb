import { expect, test } from 'vitest'
import { type Closable, inGenerations, overBare } from '../src/rounds.ts'
import { rowOf } from '../src/row.ts'

function contender(group: string, kind: Closable['kind'], values: number[], closed: string[] = []): Closable {
  return { group, subject: kind, kind, measure: () => values.shift() ?? Number.NaN, close: () => closed.push(kind) }
}

test('each is compared with bare Node of its group, in the same round', async () => {
  const one = contender('one', 'bare', [])
  const two = contender('two', 'bare', [])
  const ours = contender('two', 'ours', [])
  const added = overBare(
    new Map([
      [one, [100, 100]],
      [ours, [3, 7]],
      [two, [1, 2]],
    ]),
  )
  expect(added.get(ours)).toEqual([2, 5])
})

test('every generation is made anew, and closed', async () => {
  const closed: string[] = []
  let generation = 0
  const found = await inGenerations(2, 3, async () => {
    const base = 10 * generation++
    return [
      contender('one', 'ours', [base + 1, base + 2, base + 3], closed),
      contender('one', 'bare', [1, 1, 1], closed),
    ]
  })
  const [ours, bare] = found
  expect(ours).toMatchObject({ group: 'one', subject: 'ours', kind: 'ours' })
  expect(ours?.inAll.flat()).toEqual([1, 2, 3, 11, 12, 13])
  expect(ours?.added).toEqual([
    [0, 1, 2],
    [10, 11, 12],
  ])
  expect(bare?.added.flat()).toEqual([0, 0, 0, 0, 0, 0])
  expect(closed).toEqual(['ours', 'bare', 'ours', 'bare'])
})

test('what does not count is left out of a figure and of its error', () => {
  const row = { group: '', subject: '', kind: 'ours', metric: '' } as const
  expect(rowOf(row, [1, Number.NaN, 2, 3, Number.NaN])).toEqual(rowOf(row, [1, 2, 3]))
})
