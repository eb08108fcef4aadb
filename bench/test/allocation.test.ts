import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { BARE } from '../src/measure/rounds.ts'
import type { Workload } from '../src/subjects/workloads.ts'

// Each test starts two processes, each of which takes seconds.
vi.setConfig({ testTimeout: 120_000 })

const PROGRAM = fileURLToPath(new URL('../dist/programs/allocations.js', import.meta.url))
const FLAGS = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128', '--no-concurrent-recompilation']

/**
 * Returns the bytes that a request allocates. The young generation holds all of them, so nothing is collected in
 * between. V8 compiles on the main thread, since a busy machine may delay another thread. Until code is compiled,
 * numbers are heap objects.
 */
function allocated(subject: string, work: Workload): number {
  const { stdout, stderr } = spawnSync(process.execPath, [...FLAGS, PROGRAM, subject, work], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return Number(stdout)
}

function added(work: Workload): number {
  return allocated('@idle-shutdown/core', work) - allocated(BARE, work)
}

test('a request allocates nothing while others are in progress', () => {
  expect(added('among')).toBeLessThan(12)
})

test('a request allocates only the number of the clock when the count falls to zero', () => {
  expect(added('last')).toBeLessThan(32)
})
