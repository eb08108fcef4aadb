import { expect, test } from 'vitest'
import { type DisposableVariant, inGenerations, overBare } from './rounds.ts'
import { rowOf } from './row.ts'

function variant(
  group: string,
  kind: DisposableVariant['kind'],
  values: number[],
  closed: string[] = [],
): DisposableVariant {
  return { group, subject: kind, kind, measure: () => values.shift() ?? Number.NaN, close: () => closed.push(kind) }
}

test('each variant is compared with bare Node of its group, in the same round', async () => {
  const one = variant('one', 'bare', [])
  const two = variant('two', 'bare', [])
  const ours = variant('two', 'ours', [])
  const added = overBare(
    new Map([
      [one, [100, 100]],
      [ours, [3, 7]],
      [two, [1, 2]],
    ]),
  )
  expect(added.get(ours)).toEqual([2, 5])
})

test('every generation is created again, and closed', async () => {
  const closed: string[] = []
  let generation = 0
  const found = await inGenerations(2, 3, async () => {
    const base = 10 * generation++
    return [variant('one', 'ours', [base + 1, base + 2, base + 3], closed), variant('one', 'bare', [1, 1, 1], closed)]
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

test('NaN is left out of a figure and of its error', () => {
  const row = { group: '', subject: '', kind: 'ours', metric: '' } as const
  expect(rowOf(row, [1, Number.NaN, 2, 3, Number.NaN])).toEqual(rowOf(row, [1, 2, 3]))
})
