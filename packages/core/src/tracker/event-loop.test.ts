import { turns } from '@idle-shutdown/testing'
import { expect, test } from 'vitest'
import { inSlices, lastLook } from './event-loop.ts'

/**
 * Runs a last look in which `arrivals` returns the number of arrivals by each turn. Returns the verdict and its turn.
 */
async function look(arrivals: (turn: number) => number): Promise<{ quiet: boolean; turn: number }> {
  let turn = -1
  return new Promise((resolve) => {
    lastLook(
      () => arrivals(++turn),
      (quiet) => resolve({ quiet, turn }),
    )
  })
}

test.each<[string, (turn: number) => number, number]>([
  ['nothing arrives', () => 0, 2],
  ['nothing more arrives', () => 5, 2],
  ['one thing arrives in the first turn', (turn) => Math.min(turn, 1), 3],
  ['one thing arrives in the second turn', (turn) => (turn < 2 ? 0 : 1), 4],
  ['one connection arrives in each turn, 20 times', (turn) => Math.min(turn, 20), 22],
  ['one connection arrives in every second turn, 20 times', (turn) => Math.min(turn - (turn % 2), 40), 42],
  ['the number decreases when a connection closes', (turn) => (turn < 1 ? 3 : 2), 3],
])('is quiet when %s', async (_, arrivals, turn) => {
  expect(await look(arrivals)).toEqual({ quiet: true, turn })
})

test('ends after a limit when arrivals never pause', async () => {
  const { quiet, turn } = await look((turn) => turn)
  expect(quiet).toBe(false)
  expect(turn).toBeGreaterThan(1000)
  expect(turn).toBeLessThan(2000)
})

test('never decides in the turn in which it begins, nor in the next', async () => {
  let decided = false
  lastLook(
    () => 0,
    () => {
      decided = true
    },
  )
  expect(decided).toBe(false)
  await turns(1)
  expect(decided).toBe(false)
  await turns(2)
  expect(decided).toBe(true)
})

test('sees what arrives in another callback of the same turns', async () => {
  let arrived = 0
  let verdictAfter = -1
  lastLook(
    () => arrived,
    () => {
      verdictAfter = arrived
    },
  )
  for (let turn = 0; turn < 30; turn++) {
    arrived++
    await turns(1)
  }
  await turns(4)
  expect(verdictAfter).toBe(30)
})

test('handles a thousand items once and in order, a few hundred in each turn, and the first ones in this turn', async () => {
  const items = Array.from({ length: 1000 }, (_, index) => index)
  const slices: (readonly number[])[] = []
  const seen: number[] = []
  inSlices(items, (some) => void slices.push(some))
  for (let turn = 0; slices.flat().length < items.length; turn++) {
    seen.push(slices.length)
    expect(turn).toBeLessThan(10)
    await turns(1)
  }
  expect(slices.flat()).toEqual(items)
  expect(seen).toEqual(seen.map((_, turn) => turn + 1))
  expect(Math.max(...slices.map(({ length }) => length))).toBeLessThan(300)
})

test('takes no turn for an empty list', () => {
  const slices: unknown[] = []
  inSlices([], (some) => void slices.push(...some))
  expect(slices).toEqual([])
})
