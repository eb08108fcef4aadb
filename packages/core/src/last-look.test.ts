import { expect, test } from 'vitest'
import { turns } from '../test/manual-clock.ts'
import { inSlices, lastLook } from './last-look.ts'

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
  ['nothing comes', () => 0, 2],
  ['nothing more comes', () => 5, 2],
  ['one thing comes in the first turn', (turn) => Math.min(turn, 1), 3],
  ['one thing comes in the second turn', (turn) => (turn < 2 ? 0 : 1), 4],
  ['a connection a turn, 20 of them', (turn) => Math.min(turn, 20), 22],
  ['every second turn, 20 times', (turn) => Math.min(turn - (turn % 2), 40), 42],
  ['the number goes down: a connection went', (turn) => (turn < 1 ? 3 : 2), 3],
])('%s', async (_, arrivals, turn) => {
  expect(await look(arrivals)).toEqual({ quiet: true, turn })
})

test('what never pauses has a bound', async () => {
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

test('what arrives in another callback of the same turns is seen', async () => {
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

test('a thousand things: each once and in order, never more than some hundred in a turn, and the first in this one', async () => {
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

test('nothing, in slices: no turn is taken', () => {
  const slices: unknown[] = []
  inSlices([], (some) => void slices.push(...some))
  expect(slices).toEqual([])
})
