import { expect, test } from 'vitest'
import { sizeOfCore } from '../src/benchmarks/size.ts'

// The budget is 6 kB. docs/performance.md explains why core misses the budget. The size may fall. It rose from 10,785
// for a bound on silent clients (decisions 42 and 43), and for the close that every response announces (45).
// `endOnIdle` (48) also added to the size, and so did refused options and labels without secrets (47, 49). Named
// states, and errors that say what to write, added 750. Streams (53) added 1,970, `beforeEnd` and `onQuiet` (54) 1,130,
// and declared work (56) 830.
const MOST = 19_920

test('core with its dependency is not larger than before, minified and gzipped', async () => {
  const { gzipped, lazy } = await sizeOfCore('*')
  expect(gzipped).toBeLessThanOrEqual(MOST)
  expect(lazy).toBeLessThanOrEqual(700)
})

test('a tracker alone is within the budget', async () => {
  expect((await sizeOfCore(['IdleTracker'])).gzipped).toBeLessThanOrEqual(6_000)
})
