import { describe, expect, test } from 'vitest'
import { DRAIN_PHASES } from '../src/closing/drain.ts'
import { COUNTDOWN_PHASES } from '../src/tracker/phases.ts'
import { makeCountdown } from './start-countdown.ts'

describe.each([
  { of: 'countdown', table: COUNTDOWN_PHASES, first: 'paused', last: 'over' },
  { of: 'drain', table: DRAIN_PHASES, first: 'open', last: 'closed' },
])('the phases of the $of', ({ table, first, last }) => {
  const phases: Readonly<Record<string, { readonly next: readonly string[] }>> = table

  test('can all be reached, and all lead to the last one', () => {
    const reached = (from: string): string[] => {
      const seen = new Set([from])
      for (const phase of seen) for (const next of phases[phase]?.next ?? []) seen.add(next)
      return [...seen]
    }
    expect(reached(first).toSorted()).toEqual(Object.keys(phases).toSorted())
    for (const phase of Object.keys(phases)) expect(reached(phase)).toContain(last)
  })
})

test('a change that the table does not have throws in tests', () => {
  const { countdown } = makeCountdown()
  expect(() => Reflect.get(countdown, 'enter').call(countdown, 'busy')).toThrow('Illegal phase: busy after paused')
})
