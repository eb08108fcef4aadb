import { describe, expect, test } from 'vitest'
import { play } from './play.ts'

// Each run starts a program about ten times. Each start takes a second on a busy machine.
describe.concurrent('requests in pieces around the end of a program under `idle-shutdown run`', {
  timeout: 120_000,
}, () => {
  test.each(['direct', 'piped'] as const)('%s: none is crossed, split or lost', async (mode) => {
    const seed = Math.floor(Math.random() * 1_000_000)
    const { counts, faults, wakeUps } = await play({ mode, seed, requests: 300 })
    expect(faults, `seed ${seed}`).toEqual([])
    expect(counts.answered).toBeGreaterThan(200)
    expect(wakeUps).toBeGreaterThan(1)
  })
})
